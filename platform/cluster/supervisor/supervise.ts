import { readFileSync } from "node:fs";
import { once } from "node:events";
import path from "node:path";
import { inside, linkOf, ports } from "../addresses.ts";
import { ApiClient } from "../api-client.ts";
import { markerVariable, type Instance } from "../instance.ts";
import { prepareMounts } from "./mounts.ts";
import { prepareNetwork } from "./network.ts";
import { StateBoard } from "./state-board.ts";
import { Supervisor } from "./supervisor.ts";
import type { Component } from "../components/component.ts";
import type { InstanceSpec } from "../spec.ts";

/**
 * Runs an instance in the namespaces of this process until `signal` is aborted. Resolves to the exit code: 0 when it was
 * stopped, 1 when it did not come up, which its state file explains.
 */
export async function superviseInstance(instance: Instance, spec: InstanceSpec, signal: AbortSignal): Promise<number> {
  const { components, binds } = spec.plan;
  const board = new StateBoard(
    instance.files.state,
    components.map(({ name }) => name),
    Date.now,
  );
  const aborted = signal.aborted ? Promise.resolve() : once(signal, "abort");
  let supervisor: Supervisor | undefined;
  let exitCode = 0;
  try {
    prepareMounts({ folder: instance.folder, binds, shared: unprivilegedExecutables(components) });
    prepareNetwork(linkOf(spec.linkIndex), spec.iptables);
    using client = administrator(instance);
    supervisor = new Supervisor({
      components,
      client,
      board,
      logs: instance.files.logs,
      env: { PATH: spec.searchPath, HOME: "/", [markerVariable]: instance.name },
    });
    await Promise.race([
      supervisor.start().then(() => {
        board.enter("ready");
      }),
      aborted,
    ]);
    await aborted;
    board.enter("stopping");
  } catch (error) {
    exitCode = 1;
    board.enter("failed", error instanceof Error ? error.message : String(error));
  }
  await supervisor?.stop();
  return exitCode;
}

function unprivilegedExecutables(components: readonly Component[]): string[] {
  const commands = components.map((component) => (component.kind === "service" ? component.command : component.work));
  return commands.flatMap((command) =>
    command.kind === "command" && command.user !== undefined ? [command.command] : [],
  );
}

function administrator({ files }: Instance): ApiClient {
  const read = (name: string): string => readFileSync(path.join(files.pki, name), "utf8");
  return new ApiClient({
    server: `https://${inside.bridge}:${ports.apiServer}`,
    tls: { ca: read("authority.crt"), cert: read("admin.crt"), key: read("admin.key") },
  });
}
