import { readFileSync, readdirSync, readlinkSync } from "node:fs";
import { markerVariable } from "./instance.ts";

/** A process of an instance. */
export interface InstanceProcess {
  /** As the host sees it. */
  readonly pid: number;
  /** Inside the instance; undefined for the one that made the namespaces and waits outside. */
  readonly insidePid?: number;
  readonly command: string;
}

/**
 * The processes of an instance, those of its containers included: all that carry its marker in their environment, and all in
 * the PID namespaces of those. Needs root.
 */
export function instanceProcesses(name: string): InstanceProcess[] {
  const all = readdirSync("/proc")
    .filter((entry) => /^\d+$/.test(entry))
    .map(Number);
  const ownNamespace = pidNamespace(process.pid);
  const marked = all.filter((pid) => isMarked(pid, name));
  const namespaces = new Set(marked.map(pidNamespace).filter((one) => one !== undefined && one !== ownNamespace));
  return all.flatMap((pid): InstanceProcess[] => {
    const inside = namespaces.has(pidNamespace(pid));
    if (!inside && !marked.includes(pid)) return [];
    const status = read(pid, "status");
    // A process that has ended and was not yet waited for holds nothing but its number.
    if (status === undefined || /^State:\tZ/m.test(status)) return [];
    const insidePid = Number(/^NSpid:.*\t(\d+)$/m.exec(status)?.[1]);
    const command = read(pid, "cmdline")?.split("\0").join(" ").trim() ?? "";
    return [{ pid, ...(inside ? { insidePid } : {}), command }];
  });
}

/** The first process inside: when it ends, the kernel ends all others. */
export function initProcess(processes: readonly InstanceProcess[]): InstanceProcess | undefined {
  return processes.find(({ insidePid }) => insidePid === 1);
}

function isMarked(pid: number, name: string): boolean {
  return read(pid, "environ")?.split("\0").includes(`${markerVariable}=${name}`) ?? false;
}

function pidNamespace(pid: number): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/pid`);
  } catch {
    return undefined;
  }
}

/** A file of a process; undefined when the process is gone. */
function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, "utf8");
  } catch {
    return undefined;
  }
}
