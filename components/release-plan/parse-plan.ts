import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import {
  releasePlanSchema,
  releasePlanSchemaVersion,
  type ReleasePlan,
  type ReleasePlanInput,
} from "./release-plan.ts";

/** The plan is not JSON, not of the form that its `schema` promises, or of a schema that this version does not know. */
export class ReleasePlanInvalidError extends UserError {
  override readonly name = "ReleasePlanInvalidError";
  readonly problems: readonly string[];

  constructor(where: string, problems: readonly string[], wayOut: string, options?: ErrorOptions) {
    super(
      `The release plan ${where} is not valid:\n${problems.map((each) => `  ${each}`).join("\n")}\n${wayOut}`,
      options,
    );
    this.problems = problems;
  }
}

/** The text that the ConfigMap holds. Throws a {@link ReleasePlanInvalidError} with every problem. */
export function formatReleasePlan(plan: ReleasePlanInput): string {
  const complete = check(plan, `of ${plan.service}`, "Correct the stack's configuration.");
  return `${JSON.stringify(complete, null, 2)}\n`;
}

/**
 * Reads a plan's text. Throws a {@link ReleasePlanInvalidError}.
 *
 * @param where names the plan in messages, e.g. `atom-staging/atom-release-plan`
 */
export function parseReleasePlan(text: string, where: string): ReleasePlan {
  const wayOut = "Run `pulumi up` of this stack: it writes the plan anew.";
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ReleasePlanInvalidError(where, [`it is not JSON: ${(cause as Error).message}`], wayOut, { cause });
  }
  const head = z.looseObject({ schema: z.int() }).safeParse(value);
  if (head.success && head.data.schema > releasePlanSchemaVersion)
    throw new ReleasePlanInvalidError(
      where,
      [`schema: it is ${head.data.schema}, and this version reads up to ${releasePlanSchemaVersion}`],
      "Use the newer version of this project that wrote it.",
    );
  return check(value, where, wayOut);
}

function check(value: unknown, where: string, wayOut: string): ReleasePlan {
  const result = releasePlanSchema.safeParse(value);
  if (result.success) return result.data;
  const problems = result.error.issues.map(
    ({ path, message }) => `${path.map(String).join(".") || "plan"}: ${message}`,
  );
  throw new ReleasePlanInvalidError(where, problems, wayOut, { cause: result.error });
}
