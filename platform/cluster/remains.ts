import { existsSync, readFileSync } from "node:fs";
import { rm } from "node:fs/promises";
import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { cgroupFolders, removeCgroup } from "./cgroups.ts";
import { linksOf, removeLink } from "./host-link.ts";
import { instanceProcesses } from "./processes.ts";
import type { Instance } from "./instance.ts";

/** Something of an instance on this machine. Its iptables rules are in its network namespace and go with its last process. */
export interface Remnant {
  readonly kind: "process" | "mount" | "interface" | "cgroup" | "folder";
  /** E.g. "4711 kubelet --config=…", a mount point, an interface's name, a path. */
  readonly what: string;
}

/** All that there is of an instance on this machine, running or left. Empty when there is nothing. */
export function remainsOf(instance: Instance): Remnant[] {
  const found = (kind: Remnant["kind"], list: readonly string[]): Remnant[] => list.map((what) => ({ kind, what }));
  return [
    ...found(
      "process",
      instanceProcesses(instance.name).map(({ pid, command }) => `${pid} ${command}`),
    ),
    ...found("mount", mountsBelow(instance.folder, readFileSync("/proc/self/mountinfo", "utf8"))),
    ...found("interface", linksOf(instance.name)),
    ...found("cgroup", cgroupFolders(instance.cgroup)),
    ...found("folder", existsSync(instance.folder) ? [instance.folder] : []),
  ];
}

/** Mount points at or below a folder in the text of a mountinfo file, the innermost first. */
export function mountsBelow(folder: string, mountInfo: string): string[] {
  return mountInfo
    .split("\n")
    .map((line) => line.split(" ")[4] ?? "")
    .filter((mountPoint) => mountPoint === folder || mountPoint.startsWith(`${folder}/`))
    .reverse();
}

/** Removes what an instance left, in the order in which one thing frees the next. Its processes must have been ended. */
export async function removeRemains(instance: Instance): Promise<void> {
  for (const name of linksOf(instance.name)) await removeLink(name);
  for (const mountPoint of mountsBelow(instance.folder, readFileSync("/proc/self/mountinfo", "utf8")))
    await promisify(execFile)("umount", [mountPoint]);
  await removeCgroup(instance.cgroup);
  await rm(instance.folder, { recursive: true, force: true });
}
