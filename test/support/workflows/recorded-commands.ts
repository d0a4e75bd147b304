import { mkdir, mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";

/** A command line that a step ran. */
export interface RecordedCommand {
  /** With its words, as a person would type it. */
  readonly line: string;
  readonly env: Readonly<Record<string, string>>;
}

/** How a command is played. */
export interface PlayedCommand {
  /** @default 0 */
  readonly exitCode?: number;
  /** What it adds to the job's summary. @default nothing */
  readonly summary?: string;
}

/** Commands that are recorded, and not run: a folder for PATH, with one executable for each. */
export class RecordedCommands implements AsyncDisposable {
  readonly folder: string;
  readonly #log: string;
  readonly #plays: string;

  private constructor(root: string) {
    this.folder = path.join(root, "bin");
    this.#log = path.join(root, "log");
    this.#plays = path.join(root, "plays.json");
  }

  static async create(...names: readonly string[]): Promise<RecordedCommands> {
    const made = new RecordedCommands(await mkdtemp(path.join(tmpdir(), "atom-commands-")));
    await mkdir(made.folder);
    await made.play({});
    await writeFile(made.#log, "");
    for (const name of names)
      await writeFile(path.join(made.folder, name), recorder(name, made.#log, made.#plays), { mode: 0o755 });
    return made;
  }

  /** Says how commands end, by how their lines begin. */
  async play(plays: Readonly<Record<string, PlayedCommand>>): Promise<void> {
    await writeFile(this.#plays, JSON.stringify(plays));
  }

  async all(): Promise<readonly RecordedCommand[]> {
    const lines = (await readFile(this.#log, "utf8")).split("\n").filter((line) => line !== "");
    return lines.map((line) => JSON.parse(line) as RecordedCommand);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(path.dirname(this.folder), { recursive: true });
  }
}

function recorder(name: string, log: string, plays: string): string {
  return `#!${process.execPath}
const fs = require("node:fs");
const line = [${JSON.stringify(name)}, ...process.argv.slice(2)].join(" ");
fs.appendFileSync(${JSON.stringify(log)}, JSON.stringify({ line, env: process.env }) + "\\n");
const plays = Object.entries(JSON.parse(fs.readFileSync(${JSON.stringify(plays)}, "utf8")));
const { exitCode = 0, summary = "" } = plays.find(([start]) => line.startsWith(start))?.[1] ?? {};
fs.appendFileSync(process.env.GITHUB_STEP_SUMMARY, summary);
process.exit(exitCode);
`;
}
