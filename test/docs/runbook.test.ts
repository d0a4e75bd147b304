import assert from "node:assert/strict";
import { readdir, readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { labelKeys } from "../../components/names/labels.ts";
import { leaseName, ledgerName, migrationLabel, releaserName } from "../../components/names/names.ts";
import { slotNames } from "../../components/names/slot-name.ts";
import { failedShare, latencyAt, requestRate, slowShare } from "../../components/slo/service-queries.ts";
import { atomCommand } from "../../delivery/commands/atom.ts";
import { reasons } from "../../delivery/release/state.ts";
import { blamesCandidate } from "../../delivery/release/state-machine.ts";
import { statusOf, statusText } from "../../delivery/report/status.ts";
import { storyOf } from "../../delivery/report/story.ts";
import { explainText } from "../../delivery/report/text.ts";
import { PlainView } from "../../delivery/view/plain.ts";
import manifest from "../../package.json" with { type: "json" };
import { exitCodes } from "../gates/gates.ts";
import { World } from "../delivery/release/world.ts";
import { afterRollback, records, underWay } from "../delivery/report/records.ts";
import { viewedRelease } from "../delivery/view/viewed.ts";
import { root } from "../infra/config/stacks.ts";
import { problemOf } from "./commands.ts";

const docs = path.join(root, "docs");
const file = path.join(docs, "runbook.md");
const page = await readFile(file, "utf8");

const fences = [...page.matchAll(/^( *)```\w+\n([\s\S]*?)^\1```$/gm)].map(([, , body = ""]) => body);
/** All that is set as code: the lines of the fenced blocks, with continued ones joined, and what stands in the text. */
const code = [
  ...fences.flatMap((body) => body.replaceAll(/\\\n\s*/g, "").split("\n")),
  ...[...page.replaceAll(/^( *)```\w+\n[\s\S]*?^\1```$/gm, "").matchAll(/`([^`\n]+)`/g)].map(([, text = ""]) => text),
].map((line) => line.trim().replace(/ +#.*$/, ""));

/** The words of a command up to a pipe, without their quotes. */
function wordsOf(line: string): readonly string[] {
  const [command = ""] = line.split(/ \| (?=(?:[^"']|"[^"]*"|'[^']*')*$)/);
  return [...command.matchAll(/(?:"[^"]*"|'[^']*'|[^\s"'])+/g)].map(([word]) => word.replaceAll(/["']/g, ""));
}

/** Lines of code that begin with these words, without them. */
function linesOf(beginning: RegExp): readonly (readonly [line: string, words: readonly string[]])[] {
  return code
    .filter((line) => beginning.test(line))
    .map((line) => [line, wordsOf(line.replace(beginning, "").trim())] as const);
}

function section(title: string): string {
  return page.split(/^## /m).find((part) => part.startsWith(`${title}\n`)) ?? assert.fail(`no section ${title}`);
}

/** The first cells of a section's table with this head. */
function firstCells(title: string, head: string): readonly string[] {
  const [, rows = ""] = section(title).split(new RegExp(`^\\| ${head} +\\|.*\n\\|[ |-]+\n`, "m"));
  return [...(rows.split("\n\n")[0] ?? "").matchAll(/^\| ([^|]+?) +\|/gm)].map(([, cell = ""]) => cell);
}

describe("the runbook", () => {
  it("is as long as it has to be", () => {
    const kubectl = fences.flatMap((body) => body.split("\n")).filter((line) => /^\s*kubectl /.test(line));
    assert.ok(page.split("\n").length >= 800);
    assert.ok([...page.matchAll(/^## /gm)].length >= 20);
    assert.ok(fences.length >= 20);
    assert.ok(kubectl.length >= 10);
    assert.ok([...page.matchAll(/^```mermaid$/gm)].length >= 2);
  });

  it("names commands, options and arguments of atom that exist", async () => {
    const atom = await atomCommand();
    const commands = linesOf(/^npm run (--silent )?atom -- |^atom (?=[a-z]+ (?:[a-z]+ )?--)/);
    assert.ok(commands.length > 60);
    for (const [line, words] of commands)
      if (words[0] !== "COMMAND") assert.equal(problemOf(atom, words), undefined, line);
  });

  it("names scripts that package.json has", () => {
    const scripts = [...page.matchAll(/npm run (?:--silent )?([\w:-]+)/g)].map(([, script = ""]) => script);
    assert.ok(scripts.length > 60);
    for (const script of scripts) assert.ok(Object.hasOwn(manifest.scripts, script), script);
  });

  it("starts workflows that can be started by hand, with inputs that they have", async () => {
    const starts = linesOf(/^gh workflow run /);
    assert.ok(starts.length > 4);
    for (const [line, [name = "", ...words]] of starts) {
      const dispatch = await dispatchOf(name);
      assert.notEqual(dispatch, undefined, `${name} cannot be started by hand`);
      const given = words.flatMap((word, index) => (word === "-f" ? [(words[index + 1] ?? "").split("=")] : []));
      const inputs = dispatch?.inputs ?? {};
      for (const [key = "", value = ""] of given) {
        assert.ok(Object.hasOwn(inputs, key), `${line}: no input ${key}`);
        const { options } = inputs[key] ?? {};
        assert.ok(options === undefined || options.includes(value), `${line}: ${value}`);
      }
      // In a table the command alone stands for one with its inputs.
      if (given.length === 0) continue;
      const required = Object.keys(inputs).filter((key) => inputs[key]?.required === true);
      for (const key of required)
        assert.ok(
          given.some(([name]) => name === key),
          `${line}: ${key} is required`,
        );
    }
  });

  it("lists the workflows as they are, and says rightly which can be started by hand", async () => {
    const rows = [...section("Quick reference: workflows").matchAll(/^\| `([\w.]+)` .*\| ([^|]+?) +\|$/gm)];
    assert.deepEqual(
      rows.map(([, name]) => name).sort(),
      (await readdir(path.join(root, ".github/workflows"))).filter((name) => name.endsWith(".yml")),
    );
    for (const [, name = "", byHand = ""] of rows)
      assert.equal((await dispatchOf(name)) !== undefined, byHand.includes(`gh workflow run ${name}`), name);
    for (const [, name = ""] of page.matchAll(/--workflow (\S+)/g)) assert.ok(rows.some(([, known]) => known === name));
  });

  it("has a first action for each alert of the alerts' page, and names no other", async () => {
    const alerts = await readFile(path.join(docs, "runbook", "alerts.md"), "utf8");
    const known = [...alerts.matchAll(/^\| \[(\w+)\]\(#(\w+)\)/gm)].map(
      ([, name = "", anchor = ""]) => `${name} ${anchor}`,
    );
    const rows = [
      ...section("Alerts: first actions").matchAll(/^\| \[(\w+)\]\(runbook\/alerts\.md#(\w+)\) +\| (.+?) +\|$/gm),
    ];
    assert.deepEqual(
      rows.map(([, name = "", anchor = ""]) => `${name} ${anchor}`),
      known,
    );
    const names = known.map((each) => each.split(" ")[0]);
    const linked = [...page.matchAll(/\[(\w+)\]\(runbook\/alerts\.md#/g)].map(([, name = ""]) => name);
    for (const name of linked) assert.ok(names.includes(name), name);
  });

  it("has a row for each reason of a rollback, and says rightly which quarantines", () => {
    const rows = [...section("Automatic rollback").matchAll(/^\| `(\w+)` +\|[^|]+\| (yes|no) +\|/gm)];
    assert.deepEqual(
      rows.map(([, reason = "", word = ""]) => `${reason} ${word}`).sort(),
      // An environment that cannot be brought up has no release, and people need not be told what they did.
      reasons
        .filter((reason) => reason !== "converge_failed" && reason !== "manual")
        .map((reason) => `${reason} ${blamesCandidate(reason) ? "yes" : "no"}`)
        .sort(),
    );
  });

  it("names the gates by the user's names, with their exit codes", () => {
    const rows = [...section("Quality gates").matchAll(/^\| (TQ-0\d) \| ([\w ]+?) +\| (\d\d) +\|/gm)];
    assert.deepEqual(
      rows.map(([, id, gate, exit]) => [id, gate, Number(exit)]),
      [
        ["TQ-01", "order", exitCodes.order],
        ["TQ-02", "pass rate", exitCodes["pass rate"]],
        ["TQ-03", "time", exitCodes.time],
        ["TQ-04", "determinism", exitCodes.determinism],
        ["TQ-05", "coverage", exitCodes.coverage],
      ],
    );
    for (const [, id = ""] of rows) assert.match(page, new RegExp(`^### ${id} `, "m"));
  });

  it("has kubectl ask for kinds that exist and objects that the program declares", async () => {
    const objects = await declaredObjects();
    const lines = linesOf(/^kubectl (?!atom )/).filter(([line]) => !withoutObject.test(line));
    assert.ok(lines.length > 30);
    for (const [line, words] of lines) assertObjects(objects, words, line);
  });

  it("has a section for each situation of its first table", () => {
    const situations = firstCells("How to use this page", "situation");
    assert.ok(situations.length > 8);
    for (const row of section("How to use this page")
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .slice(1))
      if (!row.startsWith("| -")) assert.match(row, /\]\(#[\w-]+\)/);
  });

  for (const name of ["status", "rollback-log", "explain", "queries"] as const)
    it(`shows the ${name} that the code prints`, async () => {
      const [language, text] = await recordings[name]();
      const marked = new RegExp(`(<!-- recorded: ${name} begin -->)[\\s\\S]*?(<!-- recorded: ${name} end -->)`);
      const block = `\n\n\`\`\`${language}\n${text.trimEnd()}\n\`\`\`\n\n`;
      if (process.env.UPDATE_GOLDEN === "1") {
        const now = await readFile(file, "utf8");
        await writeFile(
          file,
          now.replace(marked, (_, begin: string, end: string) => `${begin}${block}${end}`),
        );
        return;
      }
      const [found = ""] = marked.exec(page) ?? [];
      assert.equal(found, `<!-- recorded: ${name} begin -->${block}<!-- recorded: ${name} end -->`);
    });
});

describe("the index of the documentation", () => {
  it("lists every page of docs/, the decisions as one, and nothing that is not there", async () => {
    const index = await readFile(path.join(docs, "README.md"), "utf8");
    const linked = [...index.matchAll(/\]\(([^)#\s]+\.md)\)/g)].map(([, target = ""]) => target);
    const pages = (await readdir(docs, { recursive: true })).filter(
      (name) => name.endsWith(".md") && !/^decisions\/\d/.test(name) && name !== "README.md",
    );
    for (const name of pages) assert.ok(linked.includes(name), `docs/${name} is not listed`);
    for (const target of linked) await readFile(path.join(docs, target), "utf8");
  });
});

interface Dispatch {
  readonly inputs?: Readonly<Record<string, { readonly required?: boolean; readonly options?: readonly string[] }>>;
}

/** What a workflow is started by hand with; `undefined` where it cannot be. */
async function dispatchOf(name: string): Promise<Dispatch | undefined> {
  const text = await readFile(path.join(root, ".github", "workflows", name), "utf8");
  const { on } = parse(text) as { readonly on: Readonly<Record<string, Dispatch | null>> };
  return Object.hasOwn(on, "workflow_dispatch") ? (on.workflow_dispatch ?? {}) : undefined;
}

/** `deployment/atom-blue`, of each namespace. */
type Declared = ReadonlySet<string>;

async function declaredObjects(): Promise<Declared> {
  const declared = new Set<string>();
  for (const stack of ["staging", "production"]) {
    const golden = JSON.parse(await readFile(path.join(root, "test/golden", `atom-${stack}.json`), "utf8")) as {
      readonly resources: readonly {
        readonly type: string;
        readonly inputs: { readonly metadata?: { readonly name?: string } };
      }[];
    };
    for (const { type, inputs } of golden.resources)
      if (type.startsWith("kubernetes:"))
        declared.add(`${(type.split(":").at(-1) ?? "").toLowerCase()}/${inputs.metadata?.name ?? ""}`);
  }
  assert.ok(declared.has(`configmap/${ledgerName("atom")}`));
  // The releaser makes it itself.
  return declared.add(`lease/${leaseName("atom")}`);
}

/** Said of any object: `kubectl set env … NAME-`. */
const withoutObject = /^kubectl (set env( … NAME-)?|rollout (undo|restart)|top)$/;
/** What nobody declares, and is there: made by Kubernetes of what is declared. */
const ofKubernetes = ["pod", "event"];
const valued =
  /^--(namespace|selector|container|since|tail|timeout|output|replicas|type|patch|as|duration|label-columns|field-selector|sort-by)$/;
const verbs = [
  "get",
  "describe",
  "logs",
  "scale",
  "edit",
  "patch",
  "port-forward",
  "rollout",
  "set",
  "auth",
  "create",
  "top",
];

function assertObjects(declared: Declared, words: readonly string[], line: string): void {
  const kinds = [...declared].map((each) => each.split("/")[0] ?? "").concat(ofKubernetes);
  const plain: string[] = [];
  for (let index = 0; index < words.length; index += 1) {
    const word = words[index] ?? "";
    if (!word.startsWith("--")) plain.push(word);
    else if (valued.test(word)) assertOption(word, words[(index += 1)] ?? "", line);
    else assert.match(word, /^--(prefix|previous|show-managed-fields)$/, line);
  }
  const [verb = "", ...rest] = plain;
  assert.ok(verbs.includes(verb), line);
  const two = ["rollout", "auth", "set"].includes(verb);
  // `auth can-i VERB KIND`, `create token ACCOUNT`.
  const objects =
    verb === "auth"
      ? rest.slice(2)
      : verb === "create"
        ? ["serviceaccount", ...rest.slice(1)]
        : rest.slice(two ? 1 : 0);
  if (verb === "logs" && objects.length === 0) {
    assert.ok(words.includes("--selector"), line);
    return;
  }
  // A word of one's own, or a port, comes after what it is for.
  const [first = "", second] = objects;
  const [kind = "", named] = first.split("/");
  const name = named ?? (verb === "port-forward" || verb === "set" ? undefined : second);
  const singular = kind.replace(/ies$/, "y").replace(/s$/, "");
  assert.ok(kinds.includes(kind) || kinds.includes(singular), `${line}: no kind ${kind}`);
  if (name === undefined || /^[A-Z]+$/.test(name)) return;
  const isDeclared = declared.has(`${kind}/${name}`) || declared.has(`${singular}/${name}`);
  assert.ok(isDeclared, `${line}: no ${kind} ${name}`);
}

function assertOption(option: string, value: string, line: string): void {
  if (option === "--namespace") assert.match(value, /^atom-(staging|production|STACK)$/, line);
  if (option === "--container") assert.equal(value, "atom", line);
  if (option === "--label-columns")
    for (const key of value.split(",")) assert.ok(Object.values<string>(labelKeys).includes(key), `${line}: ${key}`);
  if (option !== "--selector") return;
  const pods = ["atom", releaserName("atom"), migrationLabel("atom")];
  const allowed: Readonly<Record<string, readonly string[]>> = {
    [labelKeys.name]: pods,
    [labelKeys.partOf]: ["atom"],
    [labelKeys.slot]: slotNames,
  };
  for (const term of value.split(",")) {
    const [key = "", wanted = ""] = term.split("=");
    assert.ok(allowed[key]?.includes(wanted), `${line}: ${term}`);
  }
}

/** Outputs of the code that the page shows. `UPDATE_GOLDEN=1` writes them into it. */
const recordings = {
  "rollback-log": async () => {
    const world = new World();
    world.errors.candidate = 0.2;
    const lines: string[] = [];
    const out = { write: (text: string) => lines.push(text) };
    await viewedRelease(world, new PlainView({ out, clock: world.clock }));
    return ["text", lines.join("")] as const;
  },
  explain: async () => ["text", explainText(storyOf(await records.smoke()), { width: 100 })] as const,
  status: async () => {
    const world = await afterRollback();
    world.stage("blue", "dddddddddddd");
    const busy = await underWay(world);
    const slot = (letter: string) => ({
      staged: { version: `v-${letter}`, image: `registry.test/atom:${letter}`, template: letter.repeat(12) },
      readyReplicas: 2,
      desiredReplicas: 2,
    });
    const facts = { ...busy, environment: "staging", holder: "carl" };
    const weights = { blue: 50, green: 50 };
    return [
      "text",
      statusText(statusOf({ ...facts, weights, slots: { blue: slot("d"), green: slot("b") } }), { width: 100 }),
    ] as const;
  },
  queries: () => {
    const question = { scope: { namespace: "atom-production", service: "atom" }, range: "5m" };
    const queries = {
      "requests per second": requestRate(question),
      "share of 5xx": failedShare(question),
      "P95 latency, seconds": latencyAt(0.95, question),
      "share above 200 ms": slowShare(question, 0.2),
    };
    return Promise.resolve([
      "promql",
      Object.entries(queries)
        .map(([what, query]) => `# ${what}\n${query}\n`)
        .join("\n"),
    ] as const);
  },
} as const;
