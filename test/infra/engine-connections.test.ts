import assert from "node:assert/strict";
import { Server, ServerCredentials } from "@grpc/grpc-js";
import * as settings from "@pulumi/pulumi/runtime/settings.js";
import * as state from "@pulumi/pulumi/runtime/state.js";
import { connectAnew } from "../../infra/engine-connections.ts";

/** Gives an operation a storage of its own, as the Automation API does; the SDK exports it without a type. */
const { withLocalStorage } = state as unknown as {
  readonly withLocalStorage: <Result>(operation: () => Promise<Result>) => Promise<Result>;
};

/** An engine that knows no method: it answers, and that is what is asked of it here. */
async function engineAt(port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server();
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => {
      if (error === null) resolve(at);
      else reject(error);
    });
  });
  return { server, port: bound };
}

/** Asks the engine for its version as a program does, through the SDK's own connection. */
async function askForVersion(port: number): Promise<void> {
  settings.resetOptions("project", "stack", 1, `127.0.0.1:${port}`, "", false, "");
  await assert.rejects(settings.requirePulumiVersion(">=3.0.0"), /does not support the `RequirePulumiVersion` RPC/);
}

describe("a program's connection to its engine", () => {
  it("is a new one, though another engine was on its port and is still looked for there", async () => {
    connectAnew();
    const past = await engineAt(0);
    await withLocalStorage(async () => {
      await askForVersion(past.port);
      past.server.forceShutdown();
      await assert.rejects(settings.requirePulumiVersion(">=3.0.0"), /UNAVAILABLE/);
    });

    const { server } = await engineAt(past.port);
    try {
      await withLocalStorage(() => askForVersion(past.port));
    } finally {
      server.forceShutdown();
    }
  });
});
