import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { isSea } from "node:sea";
import { UserError } from "../../components/errors/user-error.ts";

/**
 * The project's own stack command, seen from here and from the bundle in `dist/`. The releaser runs it as a person would, so that it needs nothing
 * of the program itself.
 */
const places = ["../..", ".."].map((above) =>
  path.join(import.meta.dirname, above, "platform", "commands", "stack.ts"),
);

/** This copy of `atom` has no Pulumi program beside it, as within the cluster. */
export class ProgramMissingError extends UserError {
  override readonly name = "ProgramMissingError";

  constructor(wayOut = "Run it from a checkout of the project.") {
    super(`This copy of atom cannot ask the Pulumi engine anything: the Pulumi program is not beside it.\n${wayOut}`);
  }
}

export interface StackProcess {
  /** Words of the command line: `["preview", "--stack", "staging"]`. */
  readonly words: readonly string[];
  /** The project's folder, with Pulumi.yaml. */
  readonly folder: string;
  /** Is given what the engine prints, as it comes. */
  readonly onOutput: (text: string) => void;
  /** What to do where the program is missing. @default to run it from a checkout */
  readonly wayOut?: string;
}

/** How a stack command ended. */
export interface StackProcessEnd {
  /** 0, or why not: see {@link userError}. `null` when a signal ended it. */
  readonly code: number | null;
  /** What it printed for machines. */
  readonly answer: string;
  /** The end of what it printed for people. */
  readonly lastLines: string;
}

/** Exit code of the project's commands for a mistake of the user's. */
export const userError = 12;
/** Lines of the engine's output that an error repeats. */
const shownLines = 15;
/** How long the engine may take to end when it is told to, in milliseconds. */
const endsWithinMs = 60_000;

/** Runs the stack command to its end. Rejects with a {@link ProgramMissingError}, or with the signal's reason once the engine has ended. */
export async function runStackCommand(
  { words, folder, onOutput, wayOut }: StackProcess,
  signal: AbortSignal,
): Promise<StackProcessEnd> {
  const command = places.find((place) => existsSync(place));
  // The single executable is no Node that could run it.
  if (command === undefined || isSea()) throw new ProgramMissingError(wayOut);
  const child = spawn(process.execPath, [command, ...words], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe"],
    // A group of its own: Ctrl-C reaches it through us alone, once.
    detached: true,
  });
  let answer = "";
  let output = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => (answer += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    onOutput(text);
  });
  const end = (): void => {
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), endsWithinMs).unref();
  };
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  try {
    const code = await new Promise<number | null>((resolve, reject) => {
      child.once("error", reject);
      child.once("close", resolve);
    });
    signal.throwIfAborted();
    return { code, answer, lastLines: output.trim().split("\n").slice(-shownLines).join("\n") };
  } finally {
    signal.removeEventListener("abort", end);
  }
}

/** How a stack command ended, and what the engine reported until then. */
export interface ReportedEnd extends StackProcessEnd {
  /** The engine's events, JSON on each line; empty where the command ended before it came to the engine. */
  readonly events: string;
}

/** {@link runStackCommand} for a command that has `--events`. */
export async function runReportedStackCommand(options: StackProcess, signal: AbortSignal): Promise<ReportedEnd> {
  // Readable by this user alone, like the file in it.
  const own = await mkdtemp(path.join(tmpdir(), "atom-events-"));
  try {
    const file = path.join(own, "events.jsonl");
    const end = await runStackCommand({ ...options, words: [...options.words, "--events", file] }, signal);
    return { ...end, events: await readFile(file, "utf8").catch(() => "") };
  } finally {
    await rm(own, { recursive: true, force: true });
  }
}
