import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import path from "node:path";
import { promisify } from "node:util";
import type { Command } from "commander";
import { atomCommand } from "../../../delivery/commands/atom.ts";
import { exitCodeOf, exitCodeOfAbort } from "../../../delivery/commands/exit-codes.ts";
import { initialState } from "../../../delivery/release/state-machine.ts";

const atom = path.join(import.meta.dirname, "..", "..", "..", "delivery", "atom.ts");

async function run(...words: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
  try {
    return { code: 0, ...(await promisify(execFile)(process.execPath, [atom, ...words])) };
  } catch (error) {
    return error as { code: number; stdout: string; stderr: string };
  }
}

/** The commands that do something, with what comes before their names. */
function leaves(command: Command, before: readonly string[] = []): [string[], Command][] {
  return command.commands.length === 0
    ? [[[...before], command]]
    : command.commands.flatMap((each) => leaves(each, [...before, each.name()]));
}

function helpOf(command: Command): string {
  let text = "";
  command.configureOutput({ writeOut: (part) => (text += part) }).outputHelp();
  return text;
}

const wholeCommand = await atomCommand();

describe("the command line", () => {
  it("has the commands of a release's life", () => {
    assert.deepEqual(
      leaves(wholeCommand).map(([words]) => words.join(" ")),
      [
        ...["release", "status", "abort", "rollback", "approve", "resume", "history", "explain", "replay"],
        ...["quarantine list", "quarantine lift", "metrics show", "metrics push", "notify show", "notify flush"],
        ...["preview", "drift", "completion", "complete"],
      ],
    );
  });

  for (const [words, command] of leaves(wholeCommand).filter(([[name = ""]]) => !name.startsWith("complet")))
    it(`teaches ${words.join(" ")}: examples that it takes itself, the exit codes, and how to name an environment`, () => {
      const help = helpOf(command);
      for (const part of ["Exit codes:", "--stack <name>", "--json"]) assert.ok(help.includes(part), part);
      const examples = [...help.matchAll(/^ {2}atom (.*?)(?: {2,}|$)/gm)].map(([, line = ""]) => line);
      assert.ok(examples.length > 0);
      const known = command.options.map(({ long }) => long);
      for (const example of examples) {
        assert.ok(example.startsWith(words.join(" ")), example);
        for (const [option] of example.matchAll(/--[a-z-]+/g))
          assert.ok(known.includes(option), `${example}: ${option}`);
      }
    });

  it("answers every mistake with what to do and exit code 12", async function () {
    this.timeout(180_000);
    const mistakes = [
      [["relase"], /unknown command 'relase'/],
      [["release", "--stak", "x"], /unknown option '--stak'/],
      [["release", "--stack", "x", "--plan", "--observe"], /--plan and --observe ask for different things/],
      [["release", "--stack", "x", "--releaser", "y"], /goes with --in-cluster/],
      [["release", "--stack", "x", "--observe", "--hotfix", "y"], /takes neither --hotfix nor --supersede/],
      [["release", "--stack", "x", "--hotfix", " "], /--hotfix needs a reason/],
      [["quarantine", "lift", "--stack", "x", "--reason", "y"], /missing required argument 'template'/],
      [["status"], /Which environment\?/],
    ] as const;
    for (const [words, told] of mistakes) {
      const { code, stderr, stdout } = await run(...words);
      assert.equal(code, 12, words.join(" "));
      assert.match(stderr, told);
      assert.doesNotMatch(stderr, /^\s+at /m);
      assert.equal(stdout, "");
    }
    assert.equal((await run("--help")).code, 0);
  });

  it("tells scripts how a release ended", () => {
    const state = (phase: "released" | "rolled-back" | "aborted" | "held"): typeof initialState => ({
      ...initialState,
      phase,
    });
    assert.equal(exitCodeOf({ end: "over", state: state("released") }), 0);
    assert.equal(exitCodeOf({ end: "over", state: state("rolled-back") }), 10);
    assert.equal(exitCodeOf({ end: "over", state: state("aborted") }), 10);
    assert.equal(exitCodeOfAbort({ end: "over", state: state("aborted") }), 0);
    assert.equal(exitCodeOfAbort({ end: "over", state: state("released") }), 12, "it came too late");
    assert.equal(exitCodeOfAbort({ end: "held", state: state("held") }), 11);
    assert.equal(exitCodeOf({ end: "held", state: state("held") }), 11);
    assert.equal(exitCodeOf({ end: "left", state: state("held") }), 130);
  });
});
