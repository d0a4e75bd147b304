import { existsSync, mkdirSync, readFileSync, readdirSync, rmdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";

/** A mounted hierarchy of control groups. */
export interface Hierarchy {
  readonly version: 1 | 2;
  readonly mountPoint: string;
}

/** Controllers of version 2 that the kubelet asks for. */
const controllers = ["cpu", "cpuset", "memory", "pids"];

/** The hierarchies in the text of a mountinfo file; see proc_pid_mountinfo(5). */
export function hierarchiesIn(mountInfo: string): Hierarchy[] {
  return mountInfo.split("\n").flatMap((line): Hierarchy[] => {
    const [mount = "", filesystem = ""] = line.split(" - ");
    const mountPoint = mount.split(" ")[4];
    const type = filesystem.split(" ")[0];
    if (mountPoint === undefined || (type !== "cgroup" && type !== "cgroup2")) return [];
    return [{ version: type === "cgroup" ? 1 : 2, mountPoint }];
  });
}

export function hierarchies(): Hierarchy[] {
  return hierarchiesIn(readFileSync("/proc/self/mountinfo", "utf8"));
}

/** The version that containers use: 1 as soon as there is one such hierarchy. */
export function cgroupVersion(mounted: readonly Hierarchy[]): 1 | 2 {
  return mounted.some(({ version }) => version === 1) ? 1 : 2;
}

/** Makes a group in every hierarchy that containers use: the kubelet does not make its own root. */
export function createCgroup(name: string, mounted: readonly Hierarchy[] = hierarchies()): void {
  const version = cgroupVersion(mounted);
  for (const { mountPoint } of mounted.filter((one) => one.version === version)) {
    if (version === 2)
      writeFileSync(path.join(mountPoint, "cgroup.subtree_control"), controllers.map((one) => `+${one}`).join(" "));
    const folder = path.join(mountPoint, name);
    mkdirSync(folder, { recursive: true });
    weigh(folder);
  }
}

/** All pods together would else get no more of a busy machine than any one process does. */
function weigh(folder: string): void {
  const cores = availableParallelism();
  for (const [file, weight] of [
    ["cpu.shares", 1024 * cores],
    ["cpu.weight", Math.min(100 * cores, 10_000)],
  ] as const)
    if (existsSync(path.join(folder, file))) writeFileSync(path.join(folder, file), String(weight));
}

/** Folders of a group, in all hierarchies. */
export function cgroupFolders(name: string, mounted: readonly Hierarchy[] = hierarchies()): string[] {
  return mounted.map(({ mountPoint }) => path.join(mountPoint, name)).filter((folder) => existsSync(folder));
}

/** Removes a group with all below it. Its processes must have been ended; the kernel may need a moment to notice. */
export async function removeCgroup(name: string, deadlineMs = 5_000): Promise<void> {
  const deadline = performance.now() + deadlineMs;
  for (const folder of cgroupFolders(name))
    for (;;)
      try {
        removeTree(folder);
        break;
      } catch (error) {
        if (performance.now() > deadline) throw error;
        await delay(20);
      }
}

/** Groups are removed one by one from below; the files in them go with them. */
function removeTree(folder: string): void {
  if (!existsSync(folder)) return;
  for (const entry of readdirSync(folder, { withFileTypes: true }))
    if (entry.isDirectory()) removeTree(path.join(folder, entry.name));
  rmdirSync(folder);
}
