import * as pulumi from "@pulumi/pulumi";
import { SecretContent } from "../../components/secret/secret-content.ts";
import { parseStackConfig, type RawConfig } from "./parse.ts";
import { stackKeys, type StackConfig } from "./schema.ts";
import { neededSecrets, usableSecrets } from "./secrets.ts";

/** The configuration of the stack that is being run. */
export interface ProgramConfig {
  readonly config: StackConfig;
  /** Values of the secrets that the services and the optional sections need, or can use and have, by key. */
  readonly secrets: Readonly<Record<string, pulumi.Output<string>>>;
  /** What a Secret with these of the secrets holds: its name depends on it, so it is known before anything is declared. */
  readonly contentOf: (keys: readonly string[]) => SecretContent;
}

/** Reads the whole configuration of the running stack, once. Throws a {@link ConfigError} with every problem. */
export function readProgramConfig(): ProgramConfig {
  const stack = pulumi.getStack();
  const raw = rawConfig();
  const config = parseStackConfig(stack, raw);
  const source = new pulumi.Config("atom");
  const needed = neededSecrets(raw.values);
  const secrets = usableSecrets(raw.values)
    .filter((key) => needed.includes(key) || raw.secrets.includes(key))
    .map((key) => [key, source.requireSecret(key)] as const);
  return { config, secrets: Object.fromEntries(secrets), contentOf };
}

function contentOf(keys: readonly string[]): SecretContent {
  const all = pulumi.runtime.allConfig();
  return SecretContent.of(Object.fromEntries(keys.map((key) => [key, all[`atom:${key}`] ?? ""])));
}

/** Pulumi hands a program text alone, so what is no section counts as a secret: its value is not looked at. */
function rawConfig(): RawConfig {
  const namespace = "atom:";
  const all = Object.entries(pulumi.runtime.allConfig())
    .filter(([key]) => key.startsWith(namespace))
    .map(([key, value]) => [key.slice(namespace.length), value] as const);
  const sections = all.filter(([key]) => stackKeys.includes(key));
  return {
    values: Object.fromEntries(sections.map(([key, text]) => [key, key === "environment" ? text : decode(text)])),
    secrets: all.map(([key]) => key).filter((key) => !stackKeys.includes(key)),
  };
}

/** Text that is not JSON stays text, and is reported with the other problems: a section is an object. */
function decode(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
