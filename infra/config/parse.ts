import type { z } from "zod";
import { ConfigError, type ConfigProblem } from "./error.ts";
import { crossFieldProblems } from "./rules.ts";
import { stackKeys, stackSchema, type StackConfig } from "./schema.ts";
import { knownSecrets, neededSecrets } from "./secrets.ts";

/** The keys of a stack's configuration, without the namespace `atom:`. */
export interface RawConfig {
  /** Value of each key that is not a secret. */
  readonly values: Readonly<Record<string, unknown>>;
  /** Names of the keys whose values are secrets; the values themselves are not looked at. */
  readonly secrets: readonly string[];
}

export interface ParseOptions {
  /** Whether every secret must be set already. A file that was just cloned has none. @default true */
  readonly requireSecrets?: boolean;
}

/**
 * Checks the configuration of a stack. Throws a {@link ConfigError} that lists every problem: values of the wrong form, keys that nothing
 * reads, secrets that are missing or in clear, and, once each value has its form, values that do not go together.
 */
export function parseStackConfig(
  stack: string,
  raw: RawConfig,
  { requireSecrets = true }: ParseOptions = {},
): StackConfig {
  const sections = Object.fromEntries(Object.entries(raw.values).filter(([key]) => stackKeys.includes(key)));
  const result = stackSchema.safeParse(sections);
  const problems = [
    ...(result.success
      ? crossFieldProblems(stack, result.data)
      : result.error.issues.flatMap((issue) => issueProblems(issue, sections))),
    ...keyProblems(stack, raw, requireSecrets),
  ];
  if (!result.success || problems.length > 0) throw new ConfigError(stack, problems);
  return result.data;
}

/** Every key is a section or a secret that a service or a section needs, and each in its form: plain or encrypted. */
function keyProblems(stack: string, raw: RawConfig, requireSecrets: boolean): ConfigProblem[] {
  const needed = neededSecrets(raw.values);
  const setCommand = (key: string) => `set it: pulumi config set --secret --stack ${stack} atom:${key}`;
  // A secret of a service or a section that this stack leaves out may stay.
  const known = knownSecrets();
  const missing = needed.filter((key) => !raw.secrets.includes(key) && !(key in raw.values));
  return [
    ...Object.keys(raw.values)
      .filter((key) => known.includes(key))
      .map((key) => ({ key: `atom:${key}`, value: "(not shown)", allowed: `it is not encrypted; ${setCommand(key)}` })),
    ...[...Object.keys(raw.values), ...raw.secrets]
      .filter((key) => !stackKeys.includes(key) && !known.includes(key))
      .map((key) => ({
        key: `atom:${key}`,
        value: "(not shown)",
        allowed: `unknown key; allowed: ${[...stackKeys, ...known].join(", ")}`,
      })),
    ...raw.secrets
      .filter((key) => stackKeys.includes(key))
      .map((key) => ({
        key: `atom:${key}`,
        value: "(encrypted)",
        allowed:
          "no part of it may be encrypted: a secret inside an object is no longer one; secrets are keys of their own",
      })),
    ...(requireSecrets ? missing : []).map((key) => ({
      key: `atom:${key}`,
      value: undefined,
      allowed: setCommand(key),
    })),
  ];
}

function issueProblems(issue: z.core.$ZodIssue, input: unknown): ConfigProblem[] {
  const key = (path: readonly PropertyKey[]) => `atom:${path.map(String).join(".")}`;
  if (issue.code === "unrecognized_keys")
    return issue.keys.map((name) => {
      const path = [...issue.path, name];
      return { key: key(path), value: valueAt(input, path), allowed: issue.message };
    });
  const value = valueAt(input, issue.path);
  return [{ key: key(issue.path), value, allowed: value === undefined ? missingValue(issue) : issue.message }];
}

function missingValue(issue: z.core.$ZodIssue): string {
  if (issue.code === "invalid_type" && issue.message.startsWith("Invalid input")) return `required: ${issue.expected}`;
  return issue.message.replace(/^allowed/, "required");
}

function valueAt(input: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>(
    (value, key) =>
      typeof value === "object" && value !== null ? (value as Record<PropertyKey, unknown>)[key] : undefined,
    input,
  );
}
