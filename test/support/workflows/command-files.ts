import { mkdtemp, readFile, writeFile } from "node:fs/promises";
import path from "node:path";

const names = ["GITHUB_ENV", "GITHUB_OUTPUT", "GITHUB_PATH", "GITHUB_STEP_SUMMARY"] as const;

/** What a step left behind by the files that GitHub gives each step. */
export interface StepWords {
  readonly env: Readonly<Record<string, string>>;
  readonly outputs: Readonly<Record<string, string>>;
  readonly path: readonly string[];
  /** Markdown. */
  readonly summary: string;
}

/** The files of one step by which it talks to the runner. */
export class CommandFiles {
  readonly variables: Readonly<Record<string, string>>;

  private constructor(variables: Readonly<Record<string, string>>) {
    this.variables = variables;
  }

  static async create(folder: string): Promise<CommandFiles> {
    const own = await mkdtemp(path.join(folder, "step-"));
    const variables = Object.fromEntries(names.map((name) => [name, path.join(own, name)]));
    await Promise.all(Object.values(variables).map((file) => writeFile(file, "")));
    return new CommandFiles(variables);
  }

  async read(): Promise<StepWords> {
    const [env = "", outputs = "", folders = "", summary = ""] = await Promise.all(
      names.map((name) => readFile(this.variables[name] ?? "", "utf8")),
    );
    return {
      env: assignments(env),
      outputs: assignments(outputs),
      path: folders.split("\n").filter((line) => line !== ""),
      summary,
    };
  }
}

/** `name=value` lines, and `name<<END` … `END`. Throws for a line that is neither, as GitHub fails the step. */
function assignments(text: string): Record<string, string> {
  const found: Record<string, string> = {};
  const lines = text.split("\n");
  for (let index = 0; index < lines.length; index++) {
    const line = lines[index] ?? "";
    if (line === "") continue;
    const [, name = "", operator = "", rest = ""] = /^([^=<]+)(=|<<)(.*)$/.exec(line) ?? [];
    if (name === "") throw new Error(`GitHub does not understand "${line}"`);
    if (operator === "=") {
      found[name] = rest;
      continue;
    }
    const end = lines.indexOf(rest, index + 1);
    if (end < 0) throw new Error(`"${line}" has no end`);
    found[name] = lines.slice(index + 1, end).join("\n");
    index = end;
  }
  return found;
}
