import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { parse } from "yaml";
import type { ClusterStack, Setting } from "../../support/cluster-stack.ts";

const run = promisify(execFile);

/**
 * Sets secrets of a stack that is there, as a person does, and resolves to what its file then has: settings for its next configuration.
 *
 * @param secrets values by key, without `atom:`
 */
export async function encrypted(stack: ClusterStack, secrets: Readonly<Record<string, string>>): Promise<Setting[]> {
  const { folder, name, env, shared } = stack;
  for (const [key, value] of Object.entries(secrets))
    await run(shared.toolchain.path("pulumi"), ["config", "set", "--secret", "--stack", name, `atom:${key}`, value], {
      cwd: folder,
      env: { ...process.env, ...env },
      timeout: 60_000,
    });
  const file = parse(await readFile(path.join(folder, `Pulumi.${name}.yaml`), "utf8")) as {
    readonly config: Readonly<Record<string, unknown>>;
  };
  return Object.keys(secrets).map((key): Setting => [[`atom:${key}`], file.config[`atom:${key}`]]);
}
