import assert from "node:assert/strict";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { reasons } from "../../components/ledger/release-record.ts";
import { exitCodes } from "../../delivery/commands/exit-codes.ts";
import { blamesCandidate } from "../../delivery/release/state-machine.ts";
import { root } from "../infra/config/stacks.ts";
import { checkAtomCommands, checkScripts } from "./commands.ts";
import { misquoted, printedTexts } from "./printed.ts";
import { sectionsOf } from "./sections.ts";

const page = await readFile(path.join(root, "docs", "troubleshooting.md"), "utf8");
const sections = sectionsOf(page);
const parts = ["What you see", "Causes", "Solutions", "Prevention"] as const;
/** Areas have problems; these headings have none. */
const others = ["Where to look first", "Escalation"];

interface Problem {
  readonly title: string;
  readonly labels: readonly string[];
  readonly texts: readonly string[];
}

const problems = problemsOf();

function problemsOf(): readonly Problem[] {
  let area = "";
  return sections.flatMap(({ level, title, text }) => {
    if (level === 2) area = title;
    if (level !== 3 || others.includes(area)) return [];
    const [, ...labelled] = text.split(/^\*\*([A-Z][a-z ]+)\.\*\*/m);
    return [
      {
        title,
        labels: labelled.filter((_, index) => index % 2 === 0),
        texts: labelled.filter((_, index) => index % 2 === 1),
      },
    ];
  });
}

/** The rows of the table below a heading, without its head. */
function rowsBelow(heading: string): readonly (readonly string[])[] {
  const { text } = sections.find(({ title }) => title === heading) ?? assert.fail(heading);
  const rows = text.split("\n").filter((line) => line.startsWith("|"));
  return rows.slice(2).map((row) =>
    row
      .split("|")
      .slice(1, -1)
      .map((cell) => cell.trim()),
  );
}

describe("docs/troubleshooting.md", () => {
  it("is as long as it has to be, by problems that each have a solution", () => {
    assert.ok(page.split("\n").length >= 500);
    assert.ok(problems.length >= 10);
    const solutions = problems.map(({ texts }) => [...(texts[2] ?? "").matchAll(/^\d+\. /gm)].length);
    assert.ok(solutions.reduce((sum, each) => sum + each, 0) >= 20);
    for (const [index, count] of solutions.entries()) assert.ok(count >= 1, problems[index]?.title);
  });

  it("has for each problem what is seen, causes, solutions and prevention", () => {
    for (const { title, labels, texts } of problems) {
      assert.deepEqual(labels, parts, title);
      for (const text of texts) assert.ok(text.trim().length > 0, title);
    }
  });

  it("quotes only what the code prints", async () => {
    const texts = await printedTexts();
    const [, list = ""] = /^Placeholders: ([A-Z,\s]+)\.$/m.exec(page) ?? [];
    const placeholders = list.split(/,\s+/);
    assert.ok(placeholders.length > 5);
    for (const {
      title,
      texts: [seen = ""],
    } of problems) {
      const blocks = [...seen.matchAll(/^```\n([\s\S]*?)^```$/gm)].map(([, block = ""]) => block);
      assert.ok(blocks.length >= 1, title);
      for (const line of blocks.join("").split("\n").filter(Boolean))
        assert.equal(misquoted(line, placeholders, texts), undefined, `${title}: ${line}`);
    }
  });

  it("would notice a message that the code no longer prints, or that says nothing", async () => {
    const texts = await printedTexts();
    assert.equal(misquoted('The stack "STACK" is locked: another', ["STACK"], texts), undefined);
    assert.equal(misquoted('The stack "STACK" is looked: another', ["STACK"], texts), "no source file prints it");
    assert.equal(misquoted("STACK: a STACK", ["STACK"], texts), "too few words of its own");
  });

  it("names commands, options and scripts that exist", async () => {
    assert.ok((await checkAtomCommands(page)) > 50);
    assert.ok((await checkScripts(page)) > 30);
  });

  it("names inputs of workflows that they have", async () => {
    const runs = [...page.matchAll(/gh workflow run (\S+)((?: -f \w+=(?:'[^']*'|\S+))*)/g)];
    assert.ok(runs.length > 0);
    for (const [line, file = "", inputs = ""] of runs) {
      const workflow = await readFile(path.join(root, ".github", "workflows", file), "utf8");
      for (const [, input = ""] of inputs.matchAll(/-f (\w+)=/g))
        assert.match(workflow, new RegExp(`^ {6}${input}:$`, "m"), line);
    }
  });

  it("leads from every exit code of atom, and from every reason, to a heading", () => {
    const codes = rowsBelow("By exit code").map(([code]) => code);
    for (const code of Object.values(exitCodes)) assert.ok(codes.includes(String(code)), String(code));
    const rows = rowsBelow("By reason").map(([reason, quarantines]) => [reason, quarantines]);
    assert.deepEqual(
      rows,
      reasons.map((reason) => [`\`${reason}\``, blamesCandidate(reason) ? "yes" : "no"]),
    );
  });

  it("leads from every error that users meet to a heading", async () => {
    const rows = rowsBelow("By error");
    assert.deepEqual(
      rows.map(([name = ""]) => name.slice(1, -1)),
      await errorsOfUsers(),
    );
    for (const [name, link = ""] of rows)
      assert.ok(
        problems.some(({ title }) => link.startsWith(`[${title}](#`)),
        name,
      );
  });
});

/** Those whose message is printed without a stack, and what they are told apart by: `run.ts` and `run-command.ts` know them. */
const families = [
  "UserError",
  "ToolchainError",
  "ClusterError",
  ...["ConvergeError", "LeaseLostError", "LookError", "PushError", "RefusedError", "UndeliveredError"],
];
/** Others whose text users see: with a stack, or as part of another message. */
const alsoListed = ["ImageError", "LeaseHeldError", "LedgerTooLargeError", "ProtectedStackError"];

const folders = ["infra", "components", "delivery", "platform", "stacks", "policies"];

async function sourcesIn(folder: string): Promise<readonly string[]> {
  const files = await readdir(folder, { recursive: true });
  return Promise.all(
    files.filter((file) => file.endsWith(".ts")).map((file) => readFile(path.join(folder, file), "utf8")),
  );
}

async function errorsOfUsers(): Promise<readonly string[]> {
  const parents = new Map<string, string>();
  const sources = await Promise.all(folders.map(async (folder) => sourcesIn(path.join(root, folder))));
  for (const source of sources.flat())
    for (const [, name = "", parent = ""] of source.matchAll(/class (\w+) extends (\w+)/g)) parents.set(name, parent);
  const isOfFamily = (name: string | undefined): boolean =>
    name !== undefined && (families.includes(name) || isOfFamily(parents.get(name)));
  const found = [...parents.keys()].filter((name) => isOfFamily(name) && name !== "UserError");
  return [...new Set([...found, ...alsoListed])].sort();
}
