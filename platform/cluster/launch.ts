import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync, readlinkSync } from "node:fs";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { moveLink } from "./host-link.ts";
import { markerVariable, type Instance } from "./instance.ts";
import { namespaceFlags } from "./preflight.ts";
import type { Link } from "./addresses.ts";

const supervisorEntry = path.join(import.meta.dirname, "supervisor", "main.ts");

/** Time to make namespaces, in milliseconds; it takes a few. */
const namespacesMs = 10_000;

export interface LaunchOptions {
  readonly link: Link;
  /** Path of tini, the first process inside: it takes care of orphans, which Node does not. */
  readonly tini: string;
  readonly searchPath: string;
  /** Resolves when the files that the supervisor reads are written; they are while it starts. */
  readonly prepared: Promise<unknown>;
}

/**
 * Starts an instance's supervisor in namespaces of its own and gives it its end of the link. It outlives this process.
 * Resolves when it has begun.
 */
export async function launchSupervisor(instance: Instance, options: LaunchOptions): Promise<void> {
  const log = openSync(instance.files.supervisorLog, "a", 0o600);
  const supervisor = spawn(
    "unshare",
    [...namespaceFlags, "--", options.tini, "--", process.execPath, supervisorEntry, instance.name],
    {
      cwd: "/",
      env: { PATH: options.searchPath, [markerVariable]: instance.name },
      stdio: ["pipe", log, log],
      // A session of its own: Ctrl-C in the terminal is for the command that starts it.
      detached: true,
    },
  );
  closeSync(log);
  const failure = new Promise<never>((_resolve, reject) => {
    supervisor.once("error", reject);
    supervisor.once("exit", (code) => {
      reject(new Error(`the supervisor ended with exit code ${code ?? "?"}`));
    });
  });
  // Whoever waits for the state learns of a later end there.
  failure.catch(() => undefined);
  await Promise.race([untilOwnNetwork(supervisor), failure]);
  await Promise.all([moveLink(options.link, supervisor.pid ?? 0), options.prepared]);
  supervisor.stdin?.end("\n");
  supervisor.unref();
}

async function untilOwnNetwork({ pid }: ChildProcess): Promise<void> {
  const signal = AbortSignal.timeout(namespacesMs);
  const ours = readlinkSync("/proc/self/ns/net");
  while (pid === undefined || networkOf(pid) === undefined || networkOf(pid) === ours)
    await delay(5, undefined, { signal });
}

function networkOf(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/net`);
  } catch {
    return undefined;
  }
}
