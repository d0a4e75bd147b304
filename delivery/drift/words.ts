// What drift is about, in words; the same in an issue, a summary and on a terminal.
import { count } from "../report/figures.ts";
import type { DriftedResource, StackDrift } from "./drift.ts";

/** `2 resources of production are not as they were left`. */
export function headline({ stack, resources }: StackDrift): string {
  const { length } = resources;
  if (length === 0) return `${stack} is as it was left`;
  return length === 1
    ? `1 resource of ${stack} is not as it was left`
    : `${count(length)} resources of ${stack} are not as they were left`;
}

/** `Service atom`. */
export function nameOf({ type, name }: DriftedResource): string {
  return `${type.split(":").at(-1) ?? type} ${name}`;
}

/** `, changed by kubectl-set`, where that is known. */
export function byWhom({ by = [] }: DriftedResource): string {
  return by.length === 0 ? "" : `, changed by ${by.join(" and ")}`;
}

/** What can be done about it: the text of commands stands in backticks. */
export function nextSteps({ stack, resources }: StackDrift): readonly string[] {
  return [
    ...(resources.some(({ by }) => by !== undefined)
      ? [
          "What was set in the pods of a slot: unset it where it was set, as with `kubectl set env deployment/NAME VARIABLE-`, or release another version. An update leaves the slot that serves alone.",
        ]
      : []),
    // Without the variable the API server keeps a field for whoever changed it last.
    `Take it back: \`PULUMI_K8S_ENABLE_PATCH_FORCE=true npm run up -- --stack ${stack} --refresh\` makes the environment what the program declares.`,
    `Or keep it: write it into the stack's configuration, then \`npm run up -- --stack ${stack} --refresh\`.`,
    "Then nothing is left to do here: the next look closes this issue.",
  ];
}
