// Drift on the embedded cluster: what somebody changes by hand is found and told once; what a release moves is no drift.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { secretsNamed } from "../../components/workload/secret-version.ts";
import type { StackDrift } from "../../delivery/drift/drift.ts";
import { clusterDeadlineMs } from "../support/cluster.ts";
import { GithubStandIn } from "../support/github/stand-in.ts";
import { ReleaseStack } from "./support/release-stack.ts";

const stackCommand = path.join(import.meta.dirname, "..", "..", "platform", "commands", "stack.ts");

/** A release that is taken back and seven engine runs on two busy cores, in milliseconds. */
const lookingMs = 480_000;

/** What a look at the stack ended with. */
interface Look {
  readonly code: number | null;
  /** `Kind name: paths that differ`; of what is gone: `gone`. */
  readonly found: readonly string[];
}

/** Looks as the workflow does, with an issue at GitHub, and never shows what is secret. */
async function look(stack: ReleaseStack, github: GithubStandIn, secret: string): Promise<Look> {
  const { token: GITHUB_TOKEN, name: GITHUB_REPOSITORY, apiUrl: GITHUB_API_URL } = github;
  const variables = { GITHUB_TOKEN, GITHUB_REPOSITORY, GITHUB_API_URL };
  await using process = stack.start(["drift", "--issue", "--json"], variables);
  const { code, stdout, stderr } = await process.ended;
  assert.notEqual(stdout, "", stderr);
  assert.ok(!`${stdout}${stderr}`.includes(secret), stdout);
  const { resources } = JSON.parse(stdout) as StackDrift;
  const found = resources.map(({ type, name, gone, differences }) => {
    const paths = gone ? "gone" : differences.map(({ path }) => path).join(", ");
    return `${type.split(":").at(-1) ?? ""} ${name}: ${paths}`;
  });
  return { code, found };
}

/** As the issue says. */
async function takeBack({ stack }: ReleaseStack): Promise<void> {
  const env = { ...process.env, ...stack.env, PULUMI_K8S_ENABLE_PATCH_FORCE: "true" };
  const words = [stackCommand, "up", "--stack", stack.name, "--refresh", "--yes"];
  await promisify(execFile)(process.execPath, words, { cwd: stack.folder, env });
}

/** Puts a Secret with other values in the place of the one that the serving slot reads, which cannot be changed itself; resolves to its name. */
async function replaceSecret({ stack }: ReleaseStack, data: Readonly<Record<string, string>>): Promise<string> {
  const { kubectl, namespace, folder } = stack;
  const { spec } = await kubectl.get(namespace, "deployment/atom-blue");
  const [name = ""] = secretsNamed("atom", spec.template);
  const { metadata, ...live } = await kubectl.get(namespace, `secret/${name}`);
  const { labels, annotations } = metadata;
  const file = path.join(folder, "by-hand.json");
  await writeFile(
    file,
    JSON.stringify({ ...live, metadata: { name, labels, annotations }, data: { ...live.data, ...data } }),
  );
  await kubectl.run(["replace", "--force", "--namespace", namespace, "--filename", file]);
  return name;
}

describe("atom drift", function () {
  this.timeout(lookingMs);
  let stack: ReleaseStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("drift");
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  it("finds what is changed by hand while a release is under way, and nothing of the release, and tells it once until it is taken back", async () => {
    await using github = await GithubStandIn.start();
    const { kubectl, namespace } = stack.stack;
    const secret = Buffer.from("made by hand").toString("base64");
    const states = () => github.repository.issues.map(({ state }) => state);
    const steps = [
      { weight: 10, wait: "20m" },
      { weight: 100, wait: "2s" },
    ];
    await stack.configure({ env: { LOG_LEVEL: "warn" }, release: { steps } });
    await using load = stack.load();
    await using release = stack.start(["release"]);
    await stack.reaches(release, ["measuring"]);

    assert.deepEqual(await stack.stack.weights(), { blue: 90, green: 10 });
    assert.deepEqual(await look(stack, github, secret), { code: 0, found: [] }, "a running canary is no drift");
    assert.deepEqual(states(), []);

    await kubectl.patch(namespace, "deployment/atom-blue", "by-hand", { spec: { progressDeadlineSeconds: 77 } });
    const replaced = await replaceSecret(stack, { tokenSecret: secret });
    await kubectl.run(["delete", "networkpolicy/atom-egress", "--namespace", namespace]);
    const byHand = {
      code: 14,
      found: [
        "NetworkPolicy atom-egress: gone",
        "Deployment atom-blue: spec.progressDeadlineSeconds",
        `Secret ${replaced}: data.tokenSecret`,
      ],
    };
    assert.deepEqual(await look(stack, github, secret), byHand, "what was changed by hand is drift");

    release.signal("SIGTERM");
    assert.equal((await release.ended).code, 10, release.output);
    await load.stop();
    assert.deepEqual(await look(stack, github, secret), byHand, "a release that went back adds nothing");
    const [issue] = github.repository.issues;
    assert.deepEqual([states(), issue?.comments], [["open"], []]);
    assert.match(issue?.body ?? "", /^- <code>NetworkPolicy atom-egress<\/code>.* \*\*is gone\*\*$/m);
    assert.match(issue?.body ?? "", /^\+ spec\.progressDeadlineSeconds: 77$/m);
    assert.ok(!(issue?.body ?? "").includes(secret));

    await takeBack(stack);
    assert.deepEqual(await look(stack, github, secret), { code: 0, found: [] }, "an update takes it back");
    assert.deepEqual(await stack.stack.weights(), { blue: 100, green: 0 });
    assert.deepEqual(states(), ["closed"]);
    const told = github.requests.map(({ operation }) => operation).filter((each) => !each.startsWith("GET "));
    assert.deepEqual(told, [
      "POST /repos/{owner}/{repo}/issues",
      "POST /repos/{owner}/{repo}/issues/{issue_number}/comments",
      "PATCH /repos/{owner}/{repo}/issues/{issue_number}",
    ]);
    assert.deepEqual(github.violations, []);
  });
});
