import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { ClusterError } from "./errors.ts";

/** What the embedded cluster asks of a machine. */
export interface Host {
  readonly platform: NodeJS.Platform;
  /** Undefined where there is no such thing. */
  readonly userId: number | undefined;
  /** Runs a command; rejects where it is missing or fails. */
  run(command: string, args: readonly string[]): Promise<unknown>;
}

export const thisHost: Host = {
  platform: process.platform,
  userId: process.getuid?.(),
  run: (command, args) => promisify(execFile)(command, args, { timeout: 10_000 }),
};

/** Flags of `unshare` that give an instance a world of its own, which the kernel clears away with its first process. */
export const namespaceFlags = ["--pid", "--fork", "--mount", "--net", "--ipc", "--mount-proc", "--kill-child"] as const;

const ownCluster = "use a cluster that you have, with --context NAME";

/** Checks that an instance of this machine can be seen and ended. Throws a {@link ClusterError} that says why not. */
export function checkUser(host: Pick<Host, "platform" | "userId"> = thisHost): void {
  if (host.platform !== "linux")
    throw new ClusterError({
      what: "there is no embedded cluster here",
      why: `it runs on Linux, and this is ${host.platform}`,
      wayOut: ownCluster,
    });
  if (host.userId !== 0)
    throw new ClusterError({
      what: "the embedded cluster is not for this user",
      why: `a node needs namespaces, mounts and control groups, which take root's rights, and this is user ${host.userId ?? "unknown"}`,
      wayOut: `do it as root (sudo -E), or ${ownCluster}`,
    });
}

/** Checks that a machine can run an embedded cluster. Throws a {@link ClusterError} that says why not. */
export async function preflight(host: Host = thisHost): Promise<void> {
  checkUser(host);
  await mustRun(host, "ip", ["-Version"], "the program `ip` is missing or does not run");
  await mustRun(host, "mount", ["--version"], "the program `mount` is missing or does not run");
  await mustRun(
    host,
    "unshare",
    [...namespaceFlags, "--", "ip", "link", "set", "lo", "up"],
    "this machine does not let it make namespaces of its own; inside a container that takes the option --privileged",
  );
}

async function mustRun(host: Host, command: string, args: readonly string[], why: string): Promise<void> {
  try {
    await host.run(command, args);
  } catch (cause) {
    const detail = cause instanceof Error ? cause.message.trim().replaceAll("\n", "; ") : String(cause);
    throw new ClusterError(
      { what: "no cluster can be started on this machine", why: `${why} (${detail})`, wayOut: ownCluster },
      { cause },
    );
  }
}
