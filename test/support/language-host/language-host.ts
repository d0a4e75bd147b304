// A test double of Pulumi's Node.js language host, which comes with the official CLI and with no package registry. It does what a plain
// `pulumi up` needs of it: it runs @pulumi/pulumi's own program runner on the project's entry. It prints its port, as every plugin does.
import { spawn } from "node:child_process";
import { createRequire } from "node:module";
import path from "node:path";
import { Server, ServerCredentials, type handleUnaryCall, type UntypedServiceImplementation } from "@grpc/grpc-js";

const require = createRequire(import.meta.url);

type Message = Readonly<Record<string, unknown>>;

interface RunRequest {
  getProject(): string;
  getStack(): string;
  getOrganization(): string;
  getPwd(): string;
  getInfo(): { getRootDirectory(): string; getEntryPoint(): string } | undefined;
  getConfigMap(): { getEntryList(): readonly (readonly [string, string])[] };
  getConfigsecretkeysList(): readonly string[];
  getDryrun(): boolean;
  getParallel(): number;
  getMonitorAddress(): string;
}

interface RunResponse {
  setError(text: string): void;
  setBail(bail: boolean): void;
}

interface LanguageMessages {
  readonly RunResponse: new () => RunResponse;
  readonly GetRequiredPackagesResponse: new () => Message;
  readonly GetRequiredPluginsResponse: new () => Message;
  readonly LanguageHandshakeResponse: new () => Message;
}

const { LanguageRuntimeService } = require("@pulumi/pulumi/proto/language_grpc_pb.js") as {
  readonly LanguageRuntimeService: Parameters<Server["addService"]>[0];
};
const messages = require("@pulumi/pulumi/proto/language_pb.js") as LanguageMessages;
const { PluginInfo } = require("@pulumi/pulumi/proto/plugin_pb.js") as { readonly PluginInfo: new () => Message };
const { Empty } = require("google-protobuf/google/protobuf/empty_pb.js") as { readonly Empty: new () => Message };

/** With this code the runner says that it has told the user what was wrong. */
const alreadyReported = 32;

const engineAddress = process.argv.slice(2).find((argument) => !argument.startsWith("-")) ?? "";
const runner = path.join(path.dirname(require.resolve("@pulumi/pulumi/package.json")), "cmd", "run", "index.js");

function runProgram(request: RunRequest): Promise<RunResponse> {
  const info = request.getInfo();
  const root = info?.getRootDirectory() ?? request.getPwd();
  const child = spawn(
    process.execPath,
    [
      runner,
      ...["--monitor", request.getMonitorAddress()],
      ...["--engine", engineAddress],
      ...["--project", request.getProject()],
      ...["--stack", request.getStack()],
      ...["--organization", request.getOrganization()],
      ...["--root-directory", root],
      ...["--pwd", request.getPwd()],
      ...["--parallel", String(request.getParallel())],
      ...(request.getDryrun() ? ["--dry-run"] : []),
      info?.getEntryPoint() ?? ".",
    ],
    {
      cwd: request.getPwd(),
      // What the program prints belongs to the engine's output, and our own stdout carries the port alone.
      stdio: ["ignore", "inherit", "inherit"],
      env: {
        ...process.env,
        PULUMI_CONFIG: JSON.stringify(Object.fromEntries(request.getConfigMap().getEntryList())),
        PULUMI_CONFIG_SECRET_KEYS: JSON.stringify(request.getConfigsecretkeysList()),
      },
    },
  );
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      const response = new messages.RunResponse();
      if (code === alreadyReported) response.setBail(true);
      else if (code !== 0) response.setError(`the program ended with code ${code}`);
      resolve(response);
    });
  });
}

/** Answers every call with a message that says nothing. */
function answer(response: new () => unknown): handleUnaryCall<unknown, unknown> {
  return (_call, callback) => {
    callback(null, new response());
  };
}

const implementation: UntypedServiceImplementation = {
  handshake: answer(messages.LanguageHandshakeResponse),
  getRequiredPlugins: answer(messages.GetRequiredPluginsResponse),
  getRequiredPackages: answer(messages.GetRequiredPackagesResponse),
  getPluginInfo: answer(PluginInfo),
  cancel: answer(Empty),
  run: ((call, callback) => {
    runProgram(call.request as RunRequest).then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(error as Error);
      },
    );
  }) satisfies handleUnaryCall<unknown, unknown>,
};

const server = new Server();
server.addService(LanguageRuntimeService, implementation);
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  console.log(port);
});
