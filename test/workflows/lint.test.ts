import assert from "node:assert/strict";
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { requiredChecks } from "../../components/github/required-checks.ts";
import { atomCommand } from "../../delivery/commands/atom.ts";
import { ruleTool, type RunTool } from "../support/rule-tools.ts";
import { textOf, valueOf, type Value } from "../support/workflows/expressions.ts";
import { combinations } from "../support/workflows/job-settings.ts";
import { projectRoot, readWorkflow, type WorkflowFile } from "../support/workflows/workflow-file.ts";

const folder = path.join(projectRoot, ".github");
const { scripts: packageScripts } = JSON.parse(await readFile(path.join(projectRoot, "package.json"), "utf8")) as {
  readonly scripts: Readonly<Record<string, string>>;
};
const names = (await readdir(path.join(folder, "workflows"))).filter((name) => name !== "README.md").toSorted();
const scripts = (await readdir(path.join(folder, "scripts"))).map((name) => path.join(folder, "scripts", name));

/** R13's secrets, and those of where Pulumi keeps its state. */
const knownSecrets = [
  ...["KUBECONFIG_STAGING", "KUBECONFIG_PRODUCTION", "REGISTRY_USERNAME", "REGISTRY_PASSWORD"],
  ...["SMOKE_TEST_USERNAME", "SMOKE_TEST_PASSWORD", "STAGING_URL", "PRODUCTION_URL", "PROMETHEUS_URL"],
  ...["GRAFANA_URL", "GRAFANA_API_KEY", "SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_CRITICAL", "METRICS_ENDPOINT"],
  ...["PULUMI_ACCESS_TOKEN", "PULUMI_CONFIG_PASSPHRASE"],
];

describe("The workflow files", function () {
  this.timeout(600_000);

  it("are those that the project has", () => {
    assert.deepEqual(names, ["ci.yml", "deploy.yml", "drift.yml", "integration.yml", "preview.yml", "rollback.yml"]);
  });

  describe("before their linters", () => {
    let actionlint: RunTool;
    let shellcheck: RunTool;
    let zizmor: RunTool;

    before(async function () {
      this.timeout(600_000);
      [actionlint, shellcheck, zizmor] = await Promise.all([
        ruleTool("actionlint"),
        ruleTool("shellcheck"),
        ruleTool("zizmor"),
      ]);
    });

    it("have no finding of actionlint, with shellcheck on every step", async () => {
      const files = names.map((name) => path.join(folder, "workflows", name));
      assert.deepEqual(await actionlint("-shellcheck", shellcheck.path, ...files), { code: 0, output: "" });
    });

    it("have no finding of shellcheck in their scripts", async () => {
      assert.deepEqual(await shellcheck(...scripts), { code: 0, output: "" });
    });

    it("have no finding of zizmor as an auditor, and none that it was told to ignore", async () => {
      const { code, output } = await zizmor(
        ...["--offline", "--no-progress", "--no-ignores", "--persona=auditor", "--quiet", "--format=json"],
        folder,
      );
      assert.deepEqual([code, JSON.parse(output)], [0, []]);
    });

    it("are really looked at: mistakes that are put into one are found by each", async () => {
      const copy = await mkdtemp(path.join(tmpdir(), "atom-lint-"));
      try {
        const file = path.join(copy, ".github", "workflows", "drift.yml");
        await cp(folder, path.join(copy, ".github"), { recursive: true });
        const text = await readFile(file, "utf8");
        await writeFile(
          file,
          text.replaceAll('"$STACK"', "$STACK").replace("persist-credentials: false", "persist-credentials: true"),
        );
        const linted = await actionlint("-shellcheck", shellcheck.path, file);
        assert.equal(linted.code, 1);
        assert.match(linted.output, /SC2086/);
        const audited = await zizmor(
          "--offline",
          "--no-progress",
          "--persona=auditor",
          "--quiet",
          "--format=json",
          copy,
        );
        assert.deepEqual(
          (JSON.parse(audited.output) as readonly { readonly ident: string }[]).map(({ ident }) => ident),
          ["artipacked"],
        );
      } finally {
        await rm(copy, { recursive: true });
      }
    });
  });

  for (const name of names)
    describe(name, () => {
      let file: WorkflowFile;
      let text: string;

      before(async () => {
        file = await readWorkflow(name);
        text = await readFile(path.join(folder, "workflows", name), "utf8");
      });

      it("gives no permission at its top, and each job those that it names", () => {
        assert.deepEqual(constant(file.keys.find("permissions")), {});
        for (const { id, keys } of file.jobs) assert.ok(keys.find("permissions") !== undefined, id);
      });

      it("ends each job after a time of its own", () => {
        for (const { id, keys } of file.jobs) assert.ok(Number(constant(keys.find("timeout-minutes"))) > 0, id);
      });

      it("pins each action to the commit of a release, and says which", () => {
        const uses = text.split("\n").filter((line) => /^\s*(- )?uses:/.test(line));
        assert.ok(uses.length > 0);
        for (const line of uses) assert.match(line, /uses: [\w-]+\/[\w-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
      });

      it("asks for no secret that nobody sets", () => {
        for (const [, secret = ""] of text.matchAll(/secrets\.(\w+)/g))
          assert.ok(knownSecrets.includes(secret), secret);
      });

      it("calls commands that there are, with options that they take", async () => {
        const atom = await atomCommand();
        for (const line of text.replaceAll(/\\?\n {8,}/g, " ").match(/npm run .*/g) ?? []) {
          const [, script = "", words = ""] = /^npm run (?:--silent )?([\w:]+)(?: -- (.*))?$/.exec(line) ?? [];
          assert.ok(Object.hasOwn(packageScripts, script), line);
          if (script !== "atom") continue;
          const command = atom.commands.find((each) => each.name() === words.split(" ")[0]);
          assert.ok(command !== undefined, line);
          for (const [option] of words.matchAll(/--[a-z-]+/g))
            assert.ok(
              command.options.some(({ long }) => long === option),
              `${line}: ${option}`,
            );
        }
      });

      it("runs one command, or one script, in each step", () => {
        for (const { steps } of file.jobs)
          for (const { keys } of steps) {
            const run = keys.find("run");
            if (run !== undefined)
              assert.match(textOf(constant(run)), /^(exec npm|npm|cosign|\.github\/scripts\/)[^\n;&|]*$/);
          }
      });
    });

  it("have the jobs that a change has to pass, whose names GitHub knows them by, and run them for pull requests", async () => {
    const files = await Promise.all(["ci.yml", "integration.yml"].map(readWorkflow));
    const reported = files.flatMap(({ events, jobs }) => {
      assert.ok(events.pull_request !== undefined && events.merge_group !== undefined);
      return jobs.flatMap((job) =>
        combinations(job, {}).map((matrix) => textOf(valueOf(job.keys.find("name"), { contexts: { matrix } }))),
      );
    });
    assert.deepEqual(reported.filter((name) => !name.startsWith("drills ")).toSorted(), [...requiredChecks].toSorted());
  });

  it("release to production only what was released to staging", async () => {
    const { jobs } = await readWorkflow("deploy.yml");
    assert.deepEqual(Object.fromEntries(jobs.map(({ id, needs }) => [id, needs])), {
      ...{ test: [], build: ["test"], staging: ["build"], production: ["build", "staging"] },
    });
  });
});

/** A part of a workflow that has no expression in it. */
function constant(token: Parameters<typeof valueOf>[0]): Value {
  return valueOf(token, { contexts: {} });
}
