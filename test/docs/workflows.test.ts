import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { requiredChecks } from "../../components/github/required-checks.ts";
import { exitCodes } from "../gates/gates.ts";
import { groups } from "../support/groups.ts";
import { holds } from "../support/workflows/expressions.ts";
import { projectRoot } from "../support/workflows/workflow-file.ts";
import { checkAtomCommands, checkScripts } from "./commands.ts";

interface Step {
  readonly name: string;
  readonly uses?: string;
  readonly with?: Readonly<Record<string, string>>;
}

interface Job {
  readonly name: string;
  readonly if?: string;
  readonly needs?: string | readonly string[];
  readonly environment?: { readonly name: string };
  readonly permissions: Readonly<Record<string, string>>;
  readonly "timeout-minutes": number;
  readonly concurrency?: { readonly group: string };
  readonly strategy?: { readonly matrix: Readonly<Record<string, readonly string[]>> };
  readonly steps: readonly Step[];
}

interface Input {
  readonly type: string;
  readonly required?: boolean;
  readonly default?: boolean | string;
}

/** What an event may say of itself. */
interface Event {
  readonly branches?: readonly string[];
  readonly inputs?: Readonly<Record<string, Input>>;
}

interface Workflow {
  readonly on: Readonly<Record<string, unknown>>;
  readonly concurrency?: { readonly group: string; readonly "cancel-in-progress": boolean };
  readonly jobs: Readonly<Record<string, Job>>;
}

interface Table {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

const folder = path.join(projectRoot, ".github", "workflows");
const page = await readFile(path.join(folder, "README.md"), "utf8");
const names = (await readdir(folder)).filter((name) => name.endsWith(".yml")).toSorted();
const texts = Object.fromEntries(
  await Promise.all(names.map(async (name) => [name, await readFile(path.join(folder, name), "utf8")] as const)),
);
const workflows = Object.fromEntries(names.map((name) => [name, parse(texts[name]!) as Workflow]));
const sections = Object.fromEntries(
  page.split(/^## /m).map((part) => [part.split("\n", 1)[0]!, part.slice(part.indexOf("\n"))]),
);
const sectionOf = Object.fromEntries(
  Object.entries(sections).flatMap(([heading, text]) => {
    const name = /^`(\S+)`/.exec(heading)?.[1];
    return name === undefined ? [] : [[name, text] as const];
  }),
);
const fences = [...page.matchAll(/^```(\w*)\n([^]*?)^```$/gm)].map(([, language = "", text = ""]) => ({
  language,
  text,
}));
const prose = page.replaceAll(/^```[^]*?^```$/gm, "");

function section(heading: string): string {
  return sections[heading] ?? assert.fail(`there is no section "${heading}"`);
}

function tablesIn(text: string): readonly Table[] {
  const blocks = text.match(/(?:^\|.*\|\n)+/gm) ?? [];
  return blocks.map((block) => {
    const [header = [], , ...rows] = block
      .trimEnd()
      .split("\n")
      .map((line) =>
        line
          .slice(1, -1)
          .split("|")
          .map((cell) => cell.trim()),
      );
    return { header, rows };
  });
}

/** The one table whose header begins with these words. */
function table(text: string, ...header: readonly string[]): Table["rows"] {
  const found = tablesIn(text).filter((each) => header.every((word, index) => each.header[index] === word));
  assert.equal(found.length, 1, `tables with the header ${header.join(" | ")}`);
  return found[0]!.rows;
}

/** What a cell has as code; a cell that begins with `none` has nothing. */
function code(cell = ""): readonly string[] {
  if (cell.startsWith("none")) return [];
  const found = [...cell.matchAll(/`([^`]+)`/g)].map(([, text = ""]) => text);
  assert.ok(found.length > 0, `"${cell}" says neither "none" nor what`);
  return found;
}

function factsOf(text: string): Readonly<Record<string, string>> {
  return Object.fromEntries(table(text, "fact", "value").map(([fact = "", value = ""]) => [fact, value]));
}

function needsOf({ needs = [] }: Job): readonly string[] {
  return typeof needs === "string" ? [needs] : needs;
}

/** The names by which GitHub shows a job: one for each value of its matrix. */
function shownAs({ name, strategy }: Job): readonly string[] {
  return Object.entries(strategy?.matrix ?? {}).reduce<readonly string[]>(
    (all, [key, values]) => all.flatMap((each) => values.map((value) => each.replace(`\${{ matrix.${key} }}`, value))),
    [name],
  );
}

function inputsOf(workflow: Workflow): Readonly<Record<string, Input>> {
  return (workflow.on.workflow_dispatch as Event | null | undefined)?.inputs ?? {};
}

/** Names that a file reads from a context. */
function namesIn(text: string, context: "secrets" | "vars"): readonly string[] {
  return [...new Set([...text.matchAll(new RegExp(`\\b${context}\\.(\\w+)`, "g"))].map(([, name = ""]) => name))];
}

function sameNames(actual: readonly string[], expected: readonly string[], message?: string): void {
  assert.deepEqual(actual.toSorted(), expected.toSorted(), message);
}

describe(".github/workflows/README.md", () => {
  it("has a section for every workflow file and none for another, and a line of the first table for each", () => {
    sameNames(Object.keys(sectionOf), names);
    const rows = table(page, "workflow", "runs", "does");
    sameNames(
      rows.map(([link = ""]) => code(link)[0]!),
      names,
    );
  });

  it("has read all that a workflow uses: no file calls another one, nor an action of this repository", () => {
    for (const [name, text] of Object.entries(texts)) assert.doesNotMatch(text, /uses: *(?:\.\/|.*\.ya?ml@)/, name);
  });

  for (const name of names)
    describe(`on ${name}`, () => {
      const text = sectionOf[name] ?? "";
      const workflow = workflows[name]!;
      const source = texts[name]!;
      const jobs = Object.entries(workflow.jobs);

      it("names its events with their branches and times, its concurrency group and what a newer run does", () => {
        const facts = factsOf(text);
        sameNames(code(facts.triggers), Object.keys(workflow.on));
        const { schedule = [], ...events } = workflow.on;
        const crons = (schedule as readonly { readonly cron: string }[]).map(({ cron }) => cron);
        const branches = Object.values(events).flatMap((event) => (event as Event | null)?.branches ?? []);
        assert.deepEqual(code(facts.schedule ?? "none"), crons);
        assert.deepEqual(code(facts.branches ?? "none"), branches);
        const { concurrency } = workflow;
        assert.deepEqual(code(facts["concurrency group"]), concurrency === undefined ? [] : [concurrency.group]);
        assert.equal(facts["a newer run cancels the current"], concurrency?.["cancel-in-progress"] ? "yes" : "no");
      });

      it("names its artifacts, secrets, variables, and the steps that get the job's token", () => {
        const facts = factsOf(text);
        const steps = jobs.flatMap(([, job]) => job.steps);
        const uploads = steps.filter(({ uses = "" }) => uses.startsWith("actions/upload-artifact@"));
        sameNames(
          code(facts.artifacts),
          uploads.map((step) => step.with?.name ?? "artifact"),
        );
        sameNames(code(facts.secrets), namesIn(source, "secrets"));
        sameNames(code(facts.variables), namesIn(source, "vars"));
        const withToken = steps.filter((step) => /github\.token|secrets\.GITHUB_TOKEN/.test(JSON.stringify(step)));
        sameNames(
          code(facts["steps with the job's token"]),
          withToken.map((step) => step.name),
        );
      });

      it("has a table that is exactly its jobs: names, needs, environment, permissions, time limit, concurrency", () => {
        const rows = table(text, "job", "shown as");
        assert.deepEqual(
          rows.map(([id, shown, needs, environment, permissions, limit, group]) => ({
            id: code(id)[0],
            shown: code(shown),
            needs: code(needs),
            environment: code(environment),
            permissions: code(permissions).toSorted(),
            limit,
            group: code(group),
          })),
          jobs.map(([id, job]) => ({
            id,
            shown: shownAs(job),
            needs: needsOf(job),
            environment: job.environment === undefined ? [] : [job.environment.name],
            permissions: Object.entries(job.permissions)
              .map(([scope, access]) => `${scope}: ${access}`)
              .toSorted(),
            limit: `${job["timeout-minutes"]} min`,
            group: job.concurrency === undefined ? [] : [job.concurrency.group],
          })),
        );
      });

      it("has the steps of each job, in their order", () => {
        const rows = table(text, "step", "in");
        for (const [id, { steps }] of jobs)
          assert.deepEqual(
            rows.filter(([, within]) => code(within).includes(id)).map(([step]) => code(step)[0]),
            steps.map((step) => step.name),
            id,
          );
        const ids = jobs.map(([id]) => id);
        for (const [step, within] of rows)
          assert.deepEqual(
            code(within).filter((id) => !ids.includes(id)),
            [],
            step,
          );
      });

      it("has the inputs of a run by hand", () => {
        const inputs = Object.entries(inputsOf(workflow));
        const rows = inputs.length === 0 ? [] : table(text, "input", "type", "required", "default");
        assert.deepEqual(
          rows.map(([input, type, required, otherwise]) => [code(input)[0], code(type)[0], required, code(otherwise)]),
          inputs.map(([input, { type, required, default: otherwise }]) => [
            ...[input, type, required === true ? "yes" : "no"],
            otherwise === undefined ? [] : [String(otherwise)],
          ]),
        );
        assert.ok(inputs.length > 0 || !text.includes("| input "));
      });

      if (jobs.length > 1)
        it("has a diagram whose solid arrows are exactly what jobs need, and whose events start what they start", () => {
          const diagrams = [...text.matchAll(/^```mermaid\nflowchart LR\n([^]*?)^```$/gm)];
          assert.equal(diagrams.length, 1);
          const lines = diagrams[0]![1]!.trimEnd().split("\n");
          const nodes = new Map<string, string>();
          const solid: string[] = [];
          const dotted: (readonly [string, string])[] = [];
          for (const line of lines) {
            const [, node, label] = /^ {2}(\w+)[[({]+"([^"]+)"[\])}]+$/.exec(line) ?? [];
            const [, from, , to] = /^ {2}(\w+) (-- "[^"]+" )?--> (\w+)$/.exec(line) ?? [];
            const [, start, end] = /^ {2}(\w+) -\.-> (\w+)$/.exec(line) ?? [];
            if (node !== undefined && label !== undefined) nodes.set(node, label);
            else if (from !== undefined && to !== undefined) solid.push(`${from} → ${to}`);
            else if (start !== undefined && end !== undefined) dotted.push([start, end]);
            else assert.fail(`neither a node nor an arrow: ${line}`);
          }
          for (const [id, job] of jobs) assert.equal(nodes.get(id), shownAs(job).join(", "));
          sameNames(
            solid,
            jobs.flatMap(([id, job]) => needsOf(job).map((needed) => `${needed} → ${id}`)),
          );
          const events = Object.keys(workflow.on);
          for (const event of events) assert.equal(nodes.get(event), event);
          const status = { succeeded: true, failed: false, cancelled: false };
          const started = events.flatMap((event) =>
            jobs
              .filter(([, job]) => needsOf(job).length === 0)
              .filter(([, job]) => holds(job.if ?? "true", { contexts: { github: { event_name: event } }, status }))
              .map(([id]) => `${event} → ${id}`),
          );
          sameNames(
            dotted.filter(([start]) => events.includes(start)).map(([start, end]) => `${start} → ${end}`),
            started,
          );
        });
    });

  it("lists every secret and variable that a workflow uses, by which of them, and no other", () => {
    for (const [kind, context] of [
      ["secret", "secrets"],
      ["variable", "vars"],
    ] as const) {
      const rows = table(section("Secrets and variables"), kind);
      const users = new Map<string, string[]>();
      for (const name of names)
        for (const each of namesIn(texts[name]!, context)) users.set(each, [...(users.get(each) ?? []), name]);
      assert.deepEqual(
        new Map(rows.map((row) => [code(row[0])[0], code(row[2])])),
        new Map(rows.map(([name]) => [code(name)[0], users.get(code(name)[0]!) ?? []])),
      );
      sameNames(
        rows.map(([name]) => code(name)[0]!),
        [...users.keys()],
      );
    }
  });

  it("names each secret's environments as the jobs that read it have them", () => {
    const allOf = (environment: string) =>
      environment === "${{ inputs.stack }}" ? ["staging", "production"] : [environment];
    const environments = new Map<string, Set<string>>();
    for (const { jobs } of Object.values(workflows))
      for (const job of Object.values(jobs))
        for (const secret of namesIn(JSON.stringify(job), "secrets"))
          for (const environment of allOf(job.environment?.name ?? assert.fail(`${secret} outside an environment`))) {
            // A secret whose name has an environment's is empty in the other one.
            const other = environment === "staging" ? "PRODUCTION" : "STAGING";
            if (environment !== "preview" && secret.includes(other)) continue;
            environments.set(secret, (environments.get(secret) ?? new Set<string>()).add(environment));
          }
    for (const [name, within] of table(section("Secrets and variables"), "secret"))
      sameNames(code(within), [...(environments.get(code(name)[0]!) ?? [])], name);
  });

  it("says for each permission which jobs have it, and for each environment which jobs are in it", () => {
    const all = Object.values(workflows).flatMap(({ jobs }) => Object.entries(jobs));
    const rows = table(section("Permissions"), "permission", "jobs");
    for (const [permission, jobs = ""] of rows) {
      const [scope = "", access] = code(permission)[0]!.split(": ");
      const having = all.filter(([, job]) => job.permissions[scope] === access).map(([id]) => id);
      if (jobs === "every job") assert.equal(having.length, all.length);
      else sameNames(code(jobs), having, permission);
    }
    const scopes = all.flatMap(([, job]) => Object.entries(job.permissions).map((each) => each.join(": ")));
    sameNames(
      rows.map(([permission]) => code(permission)[0]!),
      [...new Set(scopes)],
    );
    const environments = table(section("Environments and approvals"), "environment", "jobs");
    assert.deepEqual(
      environments.map(([environment]) => code(environment)[0]),
      ["staging", "production", "preview"],
    );
    for (const [environment, jobs] of environments) {
      const [name] = code(environment);
      const within = all.filter(([, job]) => {
        const own = job.environment?.name;
        return own === name || (own === "${{ inputs.stack }}" && name !== "preview");
      });
      sameNames(
        code(jobs),
        within.map(([id]) => id),
        environment,
      );
    }
  });

  it("lists the scripts of the workflows, and which file calls each", async () => {
    const scripts = await readdir(path.join(projectRoot, ".github", "scripts"));
    const rows = table(section("Steps that many jobs share"), "script", "called by");
    sameNames(
      rows.map(([script]) => code(script)[0]!),
      scripts,
    );
    for (const [script, callers] of rows) {
      const calling = names.filter((name) => texts[name]!.includes(`.github/scripts/${code(script)[0]!}`));
      assert.deepEqual(
        code(callers).filter((each) => each.endsWith(".yml")),
        calling,
        script,
      );
    }
  });

  it("has the limits of each group of tests and of the job that runs it", () => {
    const rows = table(sectionOf["integration.yml"]!, "group", "job that runs it");
    const { integration, drills } = workflows["integration.yml"]!.jobs;
    const jobOf = {
      fast: workflows["ci.yml"]!.jobs.test,
      contract: integration,
      cluster: integration,
      drills,
      world: drills,
    };
    assert.deepEqual(
      rows.map(([group, , , own, job]) => [code(group)[0], own, job]),
      Object.entries(groups).map(([group, { minutes }]) => [
        ...[group, `${minutes} min`],
        `${jobOf[group as keyof typeof jobOf]?.["timeout-minutes"] ?? 0} min`,
      ]),
    );
  });

  it("has the five gates by their names, each with its exit code and with both limits of test/run.ts", async () => {
    const rows = table(section("Quality gates: TQ-01 to TQ-05"), "gate", "in the output");
    assert.deepEqual(
      new Map(rows.map((row) => [code(row[1])[0], Number(row[4])])),
      new Map(rows.map((row) => [code(row[1])[0], exitCodes[code(row[1])[0] as keyof typeof exitCodes]])),
    );
    sameNames(
      rows.map((row) => code(row[1])[0]!),
      Object.keys(exitCodes),
    );
    assert.deepEqual(
      rows.map(([gate = ""]) => gate),
      ["none", "TQ-01 independence", "TQ-02 pass rate", "TQ-03 performance", "TQ-04 determinism", "TQ-05 coverage"],
    );
    const source = await readFile(path.join(projectRoot, "test", "run.ts"), "utf8");
    for (const [constant, column] of [
      ["required", 2],
      ["ourBar", 3],
    ] as const) {
      const limits = new RegExp(`const ${constant}: Thresholds = \\{(.*)\\}`).exec(source)?.[1] ?? "";
      for (const [gate, key] of [
        ["pass rate", "passRate"],
        ["time", "minutes"],
        ["determinism", "flaky"],
        ["coverage", "coverage"],
      ] as const) {
        const row = rows.find((each) => code(each[1])[0] === gate)!;
        const cell = row[column] === "the same" ? row[2] : row[column];
        assert.equal(/\d+/.exec(cell ?? "")?.[0], new RegExp(`${key}: (\\d+)`).exec(limits)?.[1], `${gate}: ${cell}`);
      }
    }
    const last = section("Quality gates: TQ-01 to TQ-05").split("The required checks of `main` are ")[1] ?? "";
    sameNames(code(last), requiredChecks);
  });

  it("starts only workflows that can be started by hand, with inputs that they have and all that they require", () => {
    const lines = [...page.matchAll(/^gh workflow run .*$/gm)].map(([line]) => line);
    assert.ok(lines.length > 3);
    for (const line of lines) {
      const workflow = workflows[/^gh workflow run (\S+)/.exec(line)?.[1] ?? ""] ?? assert.fail(line);
      assert.ok("workflow_dispatch" in workflow.on, line);
      const inputs = inputsOf(workflow);
      const given = [...line.matchAll(/ -f (\w+)=/g)].map(([, input = ""]) => input);
      for (const input of given) assert.ok(Object.hasOwn(inputs, input), line);
      for (const [input, { required }] of Object.entries(inputs)) assert.ok(!required || given.includes(input), line);
    }
    for (const [line, file = ""] of page.matchAll(/--workflow (\S+)/g)) assert.ok(names.includes(file), line);
    const manual = names.filter((name) => "workflow_dispatch" in workflows[name]!.on);
    sameNames([...new Set(lines.map((line) => line.split(" ")[3]!))], manual);
    for (const name of names)
      assert.equal(sectionOf[name]!.includes("has no `workflow_dispatch`"), !manual.includes(name), name);
  });

  it("names commands and options of atom that exist, groups of tests, and scripts of the package", async () => {
    assert.ok((await checkAtomCommands(page)) > 15);
    await checkScripts(page);
    for (const [line, group = ""] of page.matchAll(/npm test -- --only (\w+)/g))
      assert.ok(group === "GROUP" || Object.hasOwn(groups, group), line);
  });

  it("is where a script that lacks a secret sends its reader", async () => {
    const script = await readFile(path.join(projectRoot, ".github", "scripts", "write-kubeconfig"), "utf8");
    const [, file = "", heading = ""] = /see (\S+), \\"(.+?)\\"/.exec(script) ?? [];
    assert.equal(file, ".github/workflows/README.md");
    assert.ok(Object.hasOwn(sections, heading), heading);
  });

  it("names files that exist", () => {
    for (const [, file = ""] of prose.matchAll(/`((?:test|components|\.github)\/[\w./-]+)`/g))
      assert.ok(existsSync(path.join(projectRoot, file)), file);
  });

  it("is as long as it was asked to be, by content", () => {
    assert.ok(page.split("\n").length >= 400);
    assert.ok(fences.length >= 10);
    assert.ok(fences.filter(({ language }) => language === "mermaid").length >= 2);
    const paragraphs = prose.split(/\n{2,}/).filter((each) => each.length > 80 && !each.startsWith("|"));
    assert.equal(new Set(paragraphs).size, paragraphs.length, "a paragraph stands twice");
  });
});
