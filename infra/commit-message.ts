import { execFile } from "node:child_process";
import { promisify } from "node:util";

/** How long git may take, in milliseconds. */
const deadline = 5_000;
const longest = 200;

/**
 * What is deployed, for histories that people read: `4f2c9d1b7a Answer faster`. The commit is that of the workflow (GITHUB_SHA), else what
 * the folder has checked out; where git does not know it, its hash is all there is.
 */
export async function commitMessage(
  { GITHUB_SHA: workflow }: Readonly<Record<string, string | undefined>>,
  folder: string,
): Promise<string> {
  const commit = workflow !== undefined && /^[0-9a-f]{7,64}$/.test(workflow) ? workflow : undefined;
  const found = await subjectOf(commit ?? "HEAD", folder);
  return found ?? commit?.slice(0, 10) ?? "a working copy of no known commit";
}

async function subjectOf(commit: string, folder: string): Promise<string | undefined> {
  try {
    const words = ["-C", folder, "log", "-1", "--no-show-signature", "--abbrev=10", "--format=%h %s", commit, "--"];
    const { stdout } = await promisify(execFile)("git", words, { timeout: deadline });
    const text = stdout.trim().slice(0, longest);
    return text === "" ? undefined : text;
  } catch {
    return undefined;
  }
}
