import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { UserError } from "../../components/errors/user-error.ts";
import { stackFileName } from "../../components/names/stack-name.ts";
import { ConfigError } from "./error.ts";
import type { RawConfig } from "./parse.ts";
import { stackKeys } from "./schema.ts";

/** There is no file with the configuration of the stack that was asked for. */
export class StackFileMissingError extends UserError {
  override readonly name = "StackFileMissingError";
  readonly file: string;

  constructor(stack: string, file: string, known: readonly string[], options?: ErrorOptions) {
    super(`There is no stack "${stack}": ${file} does not exist. Stacks: ${known.join(", ") || "none"}.`, options);
    this.file = file;
  }
}

const encrypted = z.strictObject({ secure: z.string() });
const fileSchema = z.looseObject({ config: z.record(z.string(), z.unknown()).default({}) });
const namespace = "atom:";

/**
 * Reads `Pulumi.<stack>.yaml` without the Pulumi CLI; what is encrypted stays so. Throws a {@link StackFileMissingError}, or a
 * {@link ConfigError} where the file is not YAML of Pulumi's form, a `StackNameError` for what is no stack's name.
 *
 * @param known stacks that exist, for the message
 */
export async function readStackFile(
  directory: string,
  stack: string,
  known: readonly string[] = [],
): Promise<RawConfig> {
  const file = path.join(directory, stackFileName(stack));
  const text = await readFile(file, "utf8").catch((cause: unknown) => {
    throw new StackFileMissingError(stack, path.basename(file), known, { cause });
  });
  return parseStackFile(stack, text);
}

/** The same, from the text of the file. */
export function parseStackFile(stack: string, text: string): RawConfig {
  const entries = Object.entries(configOf(stack, text))
    .filter(([key]) => key.startsWith(namespace))
    .map(([key, value]) => [key.slice(namespace.length), value] as const);
  return {
    values: Object.fromEntries(entries.filter(([, value]) => !hasSecret(value))),
    secrets: entries.filter(([, value]) => hasSecret(value)).map(([key]) => key),
  };
}

function configOf(stack: string, text: string): Record<string, unknown> {
  try {
    return fileSchema.parse(parse(text)).config;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : (cause as Error).message;
    throw new ConfigError(
      stack,
      [{ key: "config", value: "(not shown)", allowed: `the file is not a stack's configuration: ${reason}` }],
      {
        cause,
      },
    );
  }
}

function hasSecret(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  return encrypted.safeParse(value).success || Object.values(value).some(hasSecret);
}

/** The configuration as Pulumi hands it to a program: every value is text, objects are JSON. */
export function toProgramConfig({ values, secrets }: RawConfig, secretValue: string): Record<string, string> {
  const plain = Object.entries(values).map(([key, value]) => [
    key,
    typeof value === "string" ? value : JSON.stringify(value),
  ]);
  const hidden = secrets.filter((key) => !stackKeys.includes(key)).map((key) => [key, secretValue]);
  return Object.fromEntries([...plain, ...hidden].map(([key, value]) => [`${namespace}${key ?? ""}`, value ?? ""]));
}
