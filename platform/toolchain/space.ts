import { stat, statfs } from "node:fs/promises";
import { dirname } from "node:path";
import { NoSpaceError } from "./errors.ts";

/** So many megabytes that will be written below a folder, which need not exist yet. */
export interface SpaceNeed {
  readonly folder: string;
  readonly megabytes: number;
}

/** Free room on the disk that holds a folder. A port, so that tests can have a full disk. */
export type DiskOf = (folder: string) => Promise<{ readonly id: number; readonly freeMegabytes: number }>;

export const diskOf: DiskOf = async (folder) => {
  const [{ dev }, { bavail, bsize }] = await Promise.all([stat(folder), statfs(folder)]);
  return { id: dev, freeMegabytes: Math.floor((bavail * bsize) / 2 ** 20) };
};

/** Throws {@link NoSpaceError} for the first disk with less room than is needed on it in all. */
export async function checkSpace(needs: readonly SpaceNeed[], disk: DiskOf = diskOf): Promise<void> {
  const disks = new Map<number, { folder: string; neededMegabytes: number; freeMegabytes: number }>();
  for (const { folder, megabytes } of needs) {
    const { id, freeMegabytes } = await existingDisk(folder, disk);
    const sum = disks.get(id)?.neededMegabytes ?? 0;
    disks.set(id, { folder: disks.get(id)?.folder ?? folder, neededMegabytes: sum + megabytes, freeMegabytes });
  }
  for (const { folder, ...amounts } of disks.values()) {
    if (amounts.neededMegabytes > amounts.freeMegabytes) throw new NoSpaceError(folder, amounts);
  }
}

/** The disk of the folder, or of the nearest one above it that exists. */
async function existingDisk(folder: string, disk: DiskOf): ReturnType<DiskOf> {
  try {
    return await disk(folder);
  } catch (error) {
    if (dirname(folder) === folder) throw error;
    return existingDisk(dirname(folder), disk);
  }
}

/** Whether an error, or one that caused it, says that the disk is full: in a system call of ours or in a command's output. */
export function isDiskFull(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  if ("code" in error && error.code === "ENOSPC") return true;
  return /no space left on device/i.test(error.message) || isDiskFull(error.cause);
}
