import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdtempSync, rmSync, statSync, utimesSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

/** What is checked out in a folder. */
export interface Checkout {
  /** The commit, whether or not something was changed since. @default not known: the folder is no Git repository */
  readonly commit?: string;
  /** Digest of all files, changed and new ones too, but for the ignored ones; {@link unknownTree} without Git. */
  readonly tree: string;
}

/** In a folder without Git all runs are of one checkout: this errs on the strict side. */
export const unknownTree = "unknown";

/** Reads what is checked out. The repository, its index and its objects stay as they are. */
export function readCheckout(folder: string): Checkout {
  const scratch = mkdtempSync(path.join(tmpdir(), "gates-checkout-"));
  try {
    const commit = git(folder, ["rev-parse", "HEAD"]);
    const [index = "", objects = ""] = ["index", "objects"].map((part) =>
      path.resolve(folder, git(folder, ["rev-parse", "--git-path", part])),
    );
    const env = {
      GIT_INDEX_FILE: path.join(scratch, "index"),
      GIT_OBJECT_DIRECTORY: scratch,
      GIT_ALTERNATE_OBJECT_DIRECTORIES: objects,
    };
    // With what Git knows about unchanged files, so that it reads the changed ones only.
    if (existsSync(index)) {
      copyFileSync(index, env.GIT_INDEX_FILE);
      // Git reads what was changed in the moment of the index or later, so that moment belongs to what it knows. Rather a bit too early.
      const written = Math.floor(statSync(index).mtimeMs) / 1000;
      utimesSync(env.GIT_INDEX_FILE, written, written);
    }
    git(folder, ["add", "--all"], env);
    return { commit, tree: git(folder, ["write-tree"], env) };
  } catch {
    return { tree: unknownTree };
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

function git(folder: string, args: readonly string[], env: Readonly<Record<string, string>> = {}): string {
  return execFileSync("git", ["-C", folder, ...args], {
    encoding: "utf8",
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "ignore"],
    timeout: 60_000,
  }).trim();
}
