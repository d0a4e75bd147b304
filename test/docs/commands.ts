import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Command } from "commander";
import { atomCommand } from "../../delivery/commands/atom.ts";
import { root } from "../infra/config/stacks.ts";

/** A command line of a document, without what comes before it and behind it. */
const invocation = /npm run (?:--silent )?atom -- ([^`\n|#;>&)]*)/g;
const words = /"[^"]*"|'[^']*'|[^\s"']+/g;

/**
 * Checks that each `npm run atom -- …` of a document names a command that exists, with options that it has, a value where one is needed, and the
 * arguments that it asks for. Resolves with how many there are.
 */
export async function checkAtomCommands(page: string): Promise<number> {
  const atom = await atomCommand();
  const lines = [...page.matchAll(invocation)].map(([, line = ""]) => line.trim().replace(/[,.:]+$/, ""));
  for (const line of lines) {
    const problem = problemOf(atom, line.match(words) ?? []);
    assert.equal(problem, undefined, `npm run atom -- ${line}: ${problem ?? ""}`);
  }
  return lines.length;
}

/** What is wrong with the words after `atom`; undefined where nothing is. */
export function problemOf(atom: Command, given: readonly string[]): string | undefined {
  const rest = [...given];
  let command = atom;
  while (command.commands.length > 0) {
    const name = rest.shift() ?? "";
    const next = command.commands.find((each) => each.name() === name);
    if (next === undefined) return `there is no command ${name}`;
    command = next;
  }
  const known = command.registeredArguments;
  const found: string[] = [];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    if (!word.startsWith("--")) {
      found.push(word);
      continue;
    }
    if (word === "--help") return undefined;
    const option = command.options.find(({ long }) => long === word);
    if (option === undefined) return `it has no option ${word}`;
    const value = option.required ? rest.shift() : "none";
    if (value === undefined || value.startsWith("--")) return `${word} needs a value`;
  }
  const needed = known.filter(({ required }) => required).length;
  if (found.length < needed || found.length > known.length)
    return `it takes ${known.length} arguments, and not "${found.join(" ")}"`;
  const missing = command.options.find(({ mandatory, long }) => mandatory && !given.includes(long ?? ""));
  return missing === undefined ? undefined : `it needs ${missing.long ?? ""}`;
}

const script = /(?:npm run ([a-z:]+)|npm (start|stop|test))(?: --)?((?: (?:--[a-z-]+|"[^"]*"|[\w./@=:-]+))*)/g;

/** Checks that each other script of npm that a document runs exists, and that its module has the options. Resolves with how many there are. */
export async function checkScripts(page: string): Promise<number> {
  const { scripts } = JSON.parse(await readFile(path.join(root, "package.json"), "utf8")) as {
    readonly scripts: Readonly<Record<string, string>>;
  };
  const runs = [...page.matchAll(script)].filter(([, name]) => name !== "atom");
  for (const [line, named, short, rest = ""] of runs) {
    const command = scripts[named ?? short ?? ""];
    assert.ok(command !== undefined, `${line}: there is no such script`);
    const options = [...rest.matchAll(/--[a-z-]+/g)].map(([option]) => option);
    if (options.length === 0) continue;
    const file = /\S+\.ts/.exec(command)?.[0];
    assert.ok(file !== undefined, `${line}: the script takes no options`);
    const source = await readFile(path.join(root, file), "utf8");
    for (const option of options)
      assert.ok(
        new RegExp(`"${option}[ "]|\\b${option.slice(2)}: \\{`).test(source),
        `${line}: it has no option ${option}`,
      );
  }
  return runs.length;
}
