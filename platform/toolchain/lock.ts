import { mkdir, mkdtemp, readFile, readdir, rename, rm, rmdir, unlink, writeFile } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** Who holds a lock. */
export interface LockOwner {
  readonly pid: number;
  /** Its command line. */
  readonly command: string;
}

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
  /** Called once for every owner that we have to wait for. */
  readonly onWait?: (owner: LockOwner) => void;
  /** @default 200 */
  readonly pollMs?: number;
}

/**
 * Runs `work` while it holds a lock between processes: the folder `path` with one file in it, whose name is its owner's
 * identity. The lock of a process that is dead is broken.
 *
 * It rests on two facts: `rename` puts a folder in the place of an empty one only, and nobody removes another's file but
 * by the name of an owner seen dead. So two that break the same lock can never both get it, nor break a new owner's.
 */
export async function withLock<T>(path: string, options: LockOptions, work: () => Promise<T>): Promise<T> {
  const me = await acquire(path, options);
  try {
    return await work();
  } finally {
    await unlink(join(path, me));
    await rmdir(path).catch(() => undefined); // another one may have it by now
  }
}

/** Gives the name of the file that makes the lock ours. */
async function acquire(path: string, options: LockOptions): Promise<string> {
  const me = await identityOf(process.pid);
  if (me === undefined) throw new Error("this process is not in /proc");
  await mkdir(dirname(path), { recursive: true });
  await removeDeadClaims(path);
  const claim = await mkdtemp(claimPrefix(path));
  const owner: LockOwner = { pid: process.pid, command: process.argv.slice(1).map(shorten).join(" ") };
  await writeFile(join(claim, me), JSON.stringify(owner));
  try {
    let waitsFor = "";
    while (!(await isTaken(claim, path))) {
      const holder = await livingHolder(path);
      if (holder === undefined) continue;
      if (holder.identity !== waitsFor) options.onWait?.(holder.owner);
      waitsFor = holder.identity;
      await delay(options.pollMs ?? 200, undefined, { signal: options.signal }).catch(() => {
        options.signal?.throwIfAborted();
      });
    }
  } finally {
    await rm(claim, { recursive: true, force: true });
  }
  return me;
}

const claimPrefix = (path: string): string => join(dirname(path), `.${basename(path)}-claim-`);

/** Removes the claims of processes that died while they waited. */
async function removeDeadClaims(path: string): Promise<void> {
  for (const name of await readdir(dirname(path))) {
    const claim = join(dirname(path), name);
    if (!claim.startsWith(claimPrefix(path))) continue;
    const [identity] = await readdir(claim).catch(() => []);
    const isDead = identity !== undefined && (await identityOf(Number.parseInt(identity, 10))) !== identity;
    if (isDead) await rm(claim, { recursive: true, force: true });
  }
}

/** Moves the claim into the lock's place; false when somebody's file is there. */
async function isTaken(claim: string, path: string): Promise<boolean> {
  try {
    await rename(claim, path);
    return true;
  } catch (error) {
    if (isCode(error, "ENOTEMPTY") || isCode(error, "EEXIST")) return false;
    throw error;
  }
}

/** The holder, if it lives; what a dead one left is removed. */
async function livingHolder(path: string): Promise<{ identity: string; owner: LockOwner } | undefined> {
  const [identity] = await readdir(path).catch(() => []);
  if (identity === undefined) return undefined;
  const pid = Number.parseInt(identity, 10);
  if ((await identityOf(pid)) !== identity) {
    await rm(join(path, identity), { force: true });
    return undefined;
  }
  const text = await readFile(join(path, identity), "utf8").catch(() => undefined);
  return text === undefined ? undefined : { identity, owner: JSON.parse(text) as LockOwner };
}

/** Pid, start time and boot of a process: no other one ever has the same. Undefined when it is dead. */
export async function identityOf(pid: number): Promise<string | undefined> {
  try {
    const [living, boot] = await Promise.all([livingProcess(pid), readFile("/proc/sys/kernel/random/boot_id", "utf8")]);
    return living && `${pid}-${living.startTime}-${boot.slice(0, 8)}`;
  } catch {
    return undefined;
  }
}

/** Process group and start time of a process, see proc_pid_stat(5). Undefined when there is none, or a zombie. */
export async function livingProcess(
  pid: number,
): Promise<{ readonly group: number; readonly startTime: string } | undefined> {
  const stat = await readFile(`/proc/${pid}/stat`, "utf8").catch(() => undefined);
  if (stat === undefined) return undefined;
  // After the name, which may hold spaces and brackets: the state is field 3, the group field 5 and the start time field 22.
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
  const isDead = fields[0] === "Z" || fields[0] === "X";
  return isDead ? undefined : { group: Number(fields[2]), startTime: fields[19] ?? "" };
}

function shorten(argument: string): string {
  return argument.startsWith("/") ? basename(argument) : argument;
}

function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && "code" in error && error.code === code;
}
