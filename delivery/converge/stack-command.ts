import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import { ConvergeError } from "../release/ports.ts";

/** The project's own stack command. The releaser runs it as a person would, so that it needs nothing of the program itself. */
const command = path.join(import.meta.dirname, "..", "..", "platform", "commands", "stack.ts");

/** This copy of `atom` has no Pulumi program beside it, as within the cluster. */
export class ProgramMissingError extends UserError {
  override readonly name = "ProgramMissingError";

  constructor() {
    super(
      "This copy of atom cannot bring an environment up: the Pulumi program is not beside it.\nRelease what is staged already: --staged.",
    );
  }
}

/** What `pulumi up` left behind for a service, as far as a release needs it. */
const outcomeSchema = z.looseObject({
  notes: z.array(z.string()).default([]),
  outputs: z.looseObject({
    services: z.record(
      z.string(),
      z.looseObject({
        desired: z.string(),
        staged: z.looseObject({ slot: z.string(), digest: z.string() }).nullable(),
      }),
    ),
  }),
});

export type Converged = z.output<typeof outcomeSchema>;

export interface ConvergeOptions {
  readonly stack: string;
  readonly service: string;
  /** What to stage in place of the configured image. @default the configured one */
  readonly image?: string | undefined;
  /** The project's folder, with Pulumi.yaml. */
  readonly folder: string;
  /** Is given what the engine prints, as it comes. */
  readonly onOutput: (text: string) => void;
}

/** Exit code of the project's commands for a mistake of the user's. */
const userError = 12;
/** Lines of the engine's output that an error repeats. */
const shownLines = 15;
/** How long the engine may take to end when it is told to, in milliseconds. */
const endsWithinMs = 60_000;

/**
 * Brings the environment to what the program declares, with the candidate staged at 0 %. Rejects with a {@link ConvergeError} that holds the
 * end of the engine's output, or with the signal's reason once the engine has ended.
 */
export async function converge(options: ConvergeOptions, signal: AbortSignal): Promise<Converged> {
  if (!existsSync(command)) throw new ProgramMissingError();
  const { stack, service, image, folder, onOutput } = options;
  const words = [
    "up",
    "--stack",
    stack,
    "--yes",
    "--json",
    ...(image === undefined ? [] : ["--image", `${service}=${image}`]),
  ];
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
    if (code !== 0) throw failure(code, output);
    return outcomeSchema.parse(JSON.parse(answer));
  } finally {
    signal.removeEventListener("abort", end);
  }
}

function failure(code: number | null, output: string): Error {
  const end = output.trim().split("\n").slice(-shownLines).join("\n");
  return new ConvergeError(
    code === userError ? end : `the environment could not be brought up (exit code ${code ?? "none"}):\n${end}`,
  );
}
