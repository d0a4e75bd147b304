import { runReportedStackCommand } from "../converge/stack-process.ts";
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
  const words = ["preview", "--stack", stack, "--diff", ...(refresh ? ["--refresh"] : [])];
  const { code, lastLines, events } = await runReportedStackCommand({ words, folder, onOutput }, signal);
  const preview = readPreview({ stack, events, source: `the preview of ${stack}`, lastLines, scrub });
  return code === 0 ? preview : { ...preview, changes: { ...preview.changes, outcome: "failed" } };
}
