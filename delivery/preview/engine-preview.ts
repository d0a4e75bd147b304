import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { runStackCommand } from "../converge/stack-process.ts";
import { readPreview, type StackPreview } from "./stack-preview.ts";

export interface EnginePreviewOptions {
  /** The project's folder, with Pulumi.<stack>.yaml. */
  readonly folder: string;
  /** Ask the cluster first whether it is as the state has it. @default false */
  readonly refresh?: boolean;
  /** Is given what the engine prints, as it comes. */
  readonly onOutput: (text: string) => void;
  /** Takes secrets out of a text. */
  readonly scrub: (text: string) => string;
}

/**
 * Has the engine preview a stack. A preview that fails is one too, and says why. Rejects with a ProgramMissingError, or with the signal's reason once
 * the engine has ended.
 */
export async function previewStack(
  stack: string,
  { folder, refresh = false, onOutput, scrub }: EnginePreviewOptions,
  signal: AbortSignal,
): Promise<StackPreview> {
  // Readable by this user alone, like the file in it.
  const own = await mkdtemp(path.join(tmpdir(), "atom-preview-"));
  try {
    const file = path.join(own, "events.jsonl");
    const words = ["preview", "--stack", stack, "--diff", "--events", file, ...(refresh ? ["--refresh"] : [])];
    const { code, lastLines } = await runStackCommand({ words, folder, onOutput }, signal);
    // There is none where the command ended before it came to the engine.
    const events = await readFile(file, "utf8").catch(() => "");
    const preview = readPreview({ stack, events, source: `the preview of ${stack}`, lastLines, scrub });
    return code === 0 ? preview : { ...preview, changes: { ...preview.changes, outcome: "failed" } };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
