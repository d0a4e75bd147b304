// What an update that was killed leaves behind: its lock, and objects that it made and did not note in the state.
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ConcurrentUpdateError, type Stack } from "@pulumi/pulumi/automation/index.js";
import { z } from "zod";

/** A resource that an update was making when it was killed: it may be there, and the state does not have it. */
interface PendingCreate {
  readonly urn: string;
  /** `Job atom-migration`: its kind, and its name in the program. */
  readonly label: string;
  /** Whether the provider can adopt it where it exists. */
  readonly adoptable: boolean;
}

const operation = z.looseObject({ type: z.string(), resource: z.looseObject({ urn: z.string() }) });
const exported = z.looseObject({
  deployment: z.looseObject({ pending_operations: z.array(operation).nullish() }).nullish(),
});
type ExportedState = z.output<typeof exported>;

/**
 * The variables with which the Kubernetes provider adopts objects that exist, in place of failing over them. They hold for the whole run,
 * so they are set for one that follows an interrupted update alone: otherwise a create that meets an object is a mistake.
 */
const adoptingVariables = {
  PULUMI_K8S_UPSERT_EXISTING_OBJECTS: "true",
  // What the file says may have changed since the object was made by a create, which owns its fields under another name.
  PULUMI_K8S_ENABLE_PATCH_FORCE: "true",
} as const;

/**
 * Has the engine adopt what an earlier update, which was killed, made without noting it in the state. Until that has happened the state
 * goes on saying what was in the making, so that this update may be killed as well.
 */
export async function adoptAfterInterrupt(
  stack: Stack,
  command: "preview" | "up" | "refresh" | "destroy",
  tell: (line: string) => void,
): Promise<{ readonly complete: () => Promise<void> }> {
  const pending = await pendingCreates(stack);
  if (pending.length === 0 || command === "refresh") return { complete: () => Promise.resolve() };
  const labels = (some: readonly PendingCreate[]): string => some.map(({ label }) => label).join(", ");
  const adopted = pending.filter(({ adoptable }) => adoptable);
  const others = pending.filter(({ adoptable }) => !adoptable);
  if (command !== "destroy" && adopted.length > 0) {
    Object.assign(stack.workspace.envVars, adoptingVariables);
    tell(`An earlier update was interrupted while it made ${labels(adopted)}: what exists of it is adopted.`);
  }
  if (others.length > 0)
    tell(
      `An earlier update was interrupted while it made ${labels(others)}, which may exist twice after the next update: look for it, and then ` +
        `pulumi refresh --clear-pending-creates --stack ${stack.name}`,
    );
  return {
    complete: async () => {
      if (command === "preview") return;
      if (command === "destroy") tell(`It may be there still, outside the state: ${labels(adopted)}.`);
      await forgetPendingCreates(stack, adopted);
    },
  };
}

/** What the state says to have been in the making when an update ended. Empty for a stack that was never updated. */
async function pendingCreates(stack: Stack): Promise<PendingCreate[]> {
  return creating(await exportState(stack)).map(({ resource: { urn } }) => {
    const [, , types = "", name = ""] = urn.split("::");
    const type = types.split("$").at(-1) ?? "";
    return {
      urn,
      label: `${type.split(":").at(-1) ?? type} ${name}`,
      adoptable: type.startsWith("kubernetes:"),
    };
  });
}

/** Takes pending creates that were adopted, or removed, out of the state: the engine would warn of them in every run. */
async function forgetPendingCreates(stack: Stack, adopted: readonly PendingCreate[]): Promise<void> {
  const state = await exportState(stack);
  const urns = new Set(adopted.map(({ urn }) => urn));
  const kept = (state.deployment?.pending_operations ?? []).filter(
    ({ type, resource }) => type !== "creating" || !urns.has(resource.urn),
  );
  if (kept.length === (state.deployment?.pending_operations ?? []).length) return;
  // Secrets are encrypted in it, as in the state itself; the folder is this user's alone.
  const folder = await mkdtemp(path.join(os.tmpdir(), "atom-state-"));
  try {
    const file = path.join(folder, "state.json");
    await writeFile(file, JSON.stringify({ ...state, deployment: { ...state.deployment, pending_operations: kept } }), {
      mode: 0o600,
    });
    await runOn(stack, ["stack", "import", "--file", file]);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function creating({ deployment }: ExportedState): readonly z.output<typeof operation>[] {
  return (deployment?.pending_operations ?? []).filter(({ type }) => type === "creating");
}

/** `exportStack` of the Automation API has the secrets in plaintext. */
async function exportState(stack: Stack): Promise<ExportedState> {
  return exported.parse(JSON.parse(await runOn(stack, ["stack", "export"])));
}

/** How long the CLI may take for what needs no provider, in milliseconds, and how much it may say, in bytes. */
const cliLimits = { timeout: 60_000, maxBuffer: 256 * 1024 * 1024 };

async function runOn({ name, workspace }: Stack, args: readonly string[]): Promise<string> {
  const { pulumiCommand, workDir, envVars } = workspace;
  const { stdout } = await promisify(execFile)(pulumiCommand.command, [...args, "--stack", name, "--non-interactive"], {
    ...cliLimits,
    cwd: workDir,
    env: { ...process.env, ...envVars },
  });
  return stdout;
}

/** The lock of a process that was killed. */
export interface KilledLock {
  readonly pid: number;
  /** Path of the lock's file. */
  readonly file: string;
}

/** A lock of a stack, as the error over it describes it; the CLI's message says it twice. */
const lockLine = /^\s*(\S+\/locks\/\S+\.json)(?:\?\S*)?: created by (.+)@(.+) \(pid (\d+)\) at (.+)$/gm;

/**
 * The locks of processes that were killed on this machine; empty where one of the locks is anybody else's, who may be at work. Only a state
 * in a folder is looked at: machines that share a state elsewhere may well share their names, too.
 *
 * @param isAlive whether a process of this machine runs @default asks the kernel
 */
export function killedLocks(error: unknown, isAlive: (pid: number) => boolean = runs): KilledLock[] {
  if (!(error instanceof ConcurrentUpdateError)) return [];
  const locks = [...error.message.matchAll(lockLine)].map(([, url = "", , host = "", pid = ""]) => ({
    ...{ url, pid: Number(pid) },
    killed: url.startsWith("file://") && host === os.hostname() && !isAlive(Number(pid)),
  }));
  if (!locks.every(({ killed }) => killed)) return [];
  return [...new Map(locks.map(({ url, pid }) => [url, { pid, file: fileURLToPath(url) }])).values()];
}

function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // One of another user is there, too.
    if ((error as NodeJS.ErrnoException).code === "ESRCH") return false;
  }
  return !isZombie(pid);
}

/** Whether a process has ended and was not reaped by its parent: PID 1 of some containers never does. Known on Linux alone. */
function isZombie(pid: number): boolean {
  try {
    return /^State:\t[ZX]/m.test(readFileSync(`/proc/${pid}/status`, "utf8"));
  } catch {
    return false;
  }
}

/**
 * Does the work; where the stack is locked by processes that were killed, and by nobody else, once more without their locks. Theirs alone
 * are removed, and not every lock, as `pulumi cancel` does: somebody else may take one meanwhile.
 */
export async function withoutKilledLocks<T>(work: () => Promise<T>, tell: (line: string) => void): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const locks = killedLocks(error);
    if (locks.length === 0) throw error;
    for (const { pid, file } of locks) {
      await rm(file, { force: true });
      tell(`The stack was locked by process ${pid}, which was killed; its lock is removed.`);
    }
    return await work();
  }
}
