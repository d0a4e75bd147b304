import { z } from "zod";
import { ConvergeError } from "../release/ports.ts";
import { runStackCommand, userError } from "./stack-process.ts";

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

/**
 * Brings the environment to what the program declares, with the candidate staged at 0 %. Rejects with a {@link ConvergeError} that holds the
 * end of the engine's output, a ProgramMissingError, or with the signal's reason once the engine has ended.
 */
export async function converge(options: ConvergeOptions, signal: AbortSignal): Promise<Converged> {
  const { stack, service, image, folder, onOutput } = options;
  const words = [
    "up",
    "--stack",
    stack,
    "--yes",
    "--json",
    ...(image === undefined ? [] : ["--image", `${service}=${image}`]),
  ];
  const wayOut = "Release what is staged already: --staged.";
  const { code, answer, lastLines } = await runStackCommand({ words, folder, onOutput, wayOut }, signal);
  if (code !== 0) throw failure(code, lastLines);
  return outcomeSchema.parse(JSON.parse(answer));
}

function failure(code: number | null, end: string): Error {
  return new ConvergeError(
    code === userError ? end : `the environment could not be brought up (exit code ${code ?? "none"}):\n${end}`,
  );
}
