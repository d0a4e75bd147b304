import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { promisify } from "node:util";
import { initialLedger } from "../../components/ledger/ledger.ts";
import { releaseUnderWay } from "../components/slots/live.ts";
import { clusterDeadlineMs } from "../support/cluster.ts";
import { eventually } from "../support/eventually.ts";
import { Load, noneFailed } from "../support/load.ts";
import { atom, TestStack, type Setting } from "./support/test-stack.ts";

const execute = promisify(execFile);

/** A few engine runs and a rollout on two cores, in milliseconds. */
const engineMs = 180_000;

describe("A stack that serves", function () {
  this.timeout(engineMs);
  let stack: TestStack;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await TestStack.create("serves", [atom("replicas"), 2]);
    await stack.run("up");
    await eventually("Envoy routes to Atom", async () =>
      (await get(stack, "/health/ready")) === 200 ? true : undefined,
    );
  });

  afterEach(async () => {
    await stack.configure([atom("replicas"), 2]);
    await stack.record({ current: null, quarantine: [] });
    await stack.route({ blue: 100, green: 0 });
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  it("answers the seven smoke steps to curl through Envoy, from PostgreSQL, Redis and LanceDB", async () => {
    const credentials = JSON.stringify({ username: "smoke_test", password: "atom-local-smoke-test" });
    const login = await curl(stack, "POST", "/api/auth/login", { body: credentials });
    const token = String(login.access_token);
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    assert.equal((await curl(stack, "GET", "/health/live", { token })).error, undefined);
    assert.equal((await curl(stack, "GET", "/health/ready", { token })).error, undefined);
    assert.equal(typeof (await curl(stack, "GET", "/health/db", { token })).query_time_ms, "number");
    const agent = await curl(stack, "POST", "/api/agents/execute", { token, body: '{"input":"summarise a text"}' });
    assert.equal(agent.error, undefined);
    assert.equal(
      (await curl(stack, "POST", "/api/canvas/present", { token, body: '{"title":"hello"}' })).error,
      undefined,
    );
    assert.ok(JSON.stringify(await curl(stack, "GET", "/api/skills", { token })).length > 20);
  });

  it("is not changed by a second up", async () => {
    const { changed, changes, output } = await stack.run("up");
    assert.equal(changed, false, `${JSON.stringify(changes)}\n${output}`);
  });

  it("previews and refreshes as unchanged while a release has moved its weights, and keeps them in an up that changes its hosts", async () => {
    await stack.route({ blue: 90, green: 10 });
    const preview = await stack.run("preview");
    assert.equal(preview.changed, false, preview.output);
    const refresh = await stack.run("refresh", { previewOnly: true });
    assert.equal(refresh.changed, false, refresh.output);

    await stack.configure([atom("replicas"), 2], [atom("routes", "hosts"), [stack.host, "other.test"]]);
    const up = await stack.run("up");
    assert.equal(up.changes.update, 2, up.output);
    assert.deepEqual(((await stack.get("virtualservice/atom")).spec as { hosts: string[] }).hosts, [
      stack.host,
      "other.test",
    ]);
    assert.deepEqual(await stack.weights(), { blue: 90, green: 10 });
    await stack.configure([atom("replicas"), 2]);
    await stack.run("up");
    assert.deepEqual(await stack.weights(), { blue: 90, green: 10 });
  });

  it("stages a changed environment in the idle slot alone, without a failed request, though a releaser scaled that slot", async () => {
    for (const replicas of [1, 0])
      await stack.kubectl.patch(stack.namespace, "deployment/atom-green", "atom-release", { spec: { replicas } });
    const before = await stack.pods("blue");
    const load = new Load({ url: `${stack.shared.cluster.gatewayUrl}/health/live`, headers: { host: stack.host } });
    await stack.configure([atom("replicas"), 2], [atom("env"), { LOG_LEVEL: "warn" }]);
    const { notes, output } = await stack.run("up");
    const report = await load.stop();

    assert.match(notes.join("\n"), /is staged in green at 0 % of the traffic; blue goes on serving/, output);
    assert.deepEqual(await stack.pods("blue"), before);
    assert.equal((await stack.pods("green")).length, 2);
    assert.deepEqual(await stack.weights(), { blue: 100, green: 0 });
    noneFailed(report);
    assert.equal(await get(stack, "/health/ready", { "x-canary": "true" }), 200);
  });

  it("does not stage a quarantined template, and says so in the preview", async () => {
    await stack.configure([atom("replicas"), 2], [atom("env"), { LOG_LEVEL: "error" }]);
    const digest = /template ([0-9a-f]{12}) is staged/.exec((await stack.run("preview")).notes.join("\n"))?.[1] ?? "";
    assert.notEqual(digest, "");
    await stack.record({
      quarantine: [{ template: digest, reason: "high_error_rate", at: new Date().toISOString(), release: "r1" }],
    });
    const preview = await stack.run("preview");
    assert.equal(preview.changed, false, preview.output);
    assert.match(preview.output, new RegExp(`template ${digest} is quarantined and not staged`));
    assert.match((await stack.run("up")).notes.join("\n"), /quarantined/);
    const staged = (await stack.get("deployment/atom-green")).spec as {
      template: { metadata: { labels: Record<string, string> } };
    };
    assert.notEqual(staged.template.metadata.labels["atom.dev/template"], digest);
  });

  it("freezes both slots while a release is under way", async () => {
    const before = { blue: await stack.pods("blue"), green: await stack.pods("green") };
    await stack.record({ current: releaseUnderWay });
    await stack.configure([atom("replicas"), 2], [atom("env"), { LOG_LEVEL: "debug" }]);
    const { changed, notes, output } = await stack.run("up");
    assert.equal(changed, false, output);
    assert.match(
      notes.join("\n"),
      new RegExp(`release ${releaseUnderWay.id} is under way, so both slots are left as they are`),
    );
    assert.deepEqual({ blue: await stack.pods("blue"), green: await stack.pods("green") }, before);
  });

  it("takes an API server that does not answer for an error, not for a first run", async () => {
    const settings: Setting[] = [
      [atom("replicas"), 2],
      [atom("env"), { LOG_LEVEL: "debug" }],
    ];
    await stack.configure(...settings);
    const before = await stack.run("preview");
    const kubeconfig = path.join(stack.folder, "unreachable");
    const { context } = stack.shared.cluster;
    await writeFile(
      kubeconfig,
      JSON.stringify({
        apiVersion: "v1",
        kind: "Config",
        clusters: [{ name: "gone", cluster: { server: "https://127.0.0.1:1" } }],
        users: [{ name: "nobody", user: { token: "x" } }],
        contexts: [{ name: context, context: { cluster: "gone", user: "nobody" } }],
      }),
    );
    await stack.configure(...settings, [["atom:cluster", "kubeconfig"], kubeconfig]);
    await assert.rejects(stack.run("up"), /cannot be reached|does not answer|refused/i);
    await stack.configure(...settings);
    const { changes, output } = await stack.run("preview");
    assert.deepEqual(changes, before.changes, output);
  });

  it("lists every mistake in its configuration at once, and changes nothing", async () => {
    const before = await stack.ledger();
    await stack.configure([atom("replicas"), 0], [atom("image"), "atom:latest"], [["atom:release", "soak"], "soon"]);
    await assert.rejects(stack.run("up"), (error: Error) => {
      for (const mistake of [/services\.atom\.replicas/, /services\.atom\.image/, /release\.soak/])
        assert.match(error.message, mistake);
      return true;
    });
    assert.deepEqual(await stack.ledger(), before);
  });

  it("is the same to a person's plain pulumi preview and up", async () => {
    const languageHost = path.join(import.meta.dirname, "..", "support", "language-host", "bin");
    const env = { ...process.env, ...stack.env, PATH: `${languageHost}:${stack.env.PATH ?? ""}` };
    for (const command of [
      ["preview", "--expect-no-changes"],
      ["up", "--yes", "--expect-no-changes"],
    ]) {
      const { stdout } = await execute("pulumi", [...command, "--stack", stack.name, "--non-interactive"], {
        cwd: stack.folder,
        env,
        timeout: engineMs,
      });
      assert.match(stdout, /\d+ unchanged/);
    }
  });

  it("had no pod refused under Pod Security restricted", async () => {
    const namespace = JSON.parse(await stack.kubectl.run(["get", "namespace", stack.namespace, "-o", "json"])) as {
      metadata: { labels: Record<string, string> };
    };
    assert.equal(namespace.metadata.labels["pod-security.kubernetes.io/enforce"], "restricted");
    const events = await stack.kubectl.run([
      "get",
      "events",
      "-n",
      stack.namespace,
      "-o",
      'jsonpath={range .items[*]}{.reason}: {.message}{"\\n"}{end}',
    ]);
    assert.doesNotMatch(events, /FailedCreate|forbidden|PodSecurity/i);
  });
});

describe("A stack whose first version does not start", function () {
  this.timeout(engineMs);

  it("is still a first run when that is mended, and comes up at 100 % in blue", async function () {
    this.timeout(clusterDeadlineMs);
    await using stack = await TestStack.create(
      "mended",
      [atom("env"), { ATOM_FAULTS: '{"notReady":true}' }],
      [["atom:release", "deadlines", "ready"], "30s"],
    );
    await assert.rejects(stack.run("up"), /readiness probe|not ready/i);
    await stack.configure();
    const { outputs, output } = await stack.run("up");
    assert.equal((outputs.services as Record<string, { active: string }>).atom?.active, "blue", output);
    assert.deepEqual(await stack.weights(), { blue: 100, green: 0 });
    assert.deepEqual(await stack.ledger(), initialLedger("atom"));
  });
});

describe("A stack that is destroyed", function () {
  this.timeout(engineMs);

  it("leaves no namespace behind", async function () {
    this.timeout(clusterDeadlineMs);
    const stack = await TestStack.create("destroyed");
    await stack.run("up");
    await stack[Symbol.asyncDispose]();
    assert.equal(
      await stack.kubectl.run(["get", "namespace", stack.namespace, "--ignore-not-found", "-o", "name"]),
      "",
    );
  });
});

/** Status of a GET through Envoy. */
async function get(stack: TestStack, where: string, headers: Readonly<Record<string, string>> = {}): Promise<number> {
  const all = { host: stack.host, ...headers };
  const { stdout } = await execute("curl", [
    ...["--silent", "--max-time", "10", "--output", "/dev/null", "--write-out", "%{http_code}"],
    ...Object.entries(all).flatMap(([name, value]) => ["--header", `${name}: ${value}`]),
    `${stack.shared.cluster.gatewayUrl}${where}`,
  ]);
  return Number(stdout);
}

/** A JSON request through Envoy; fails unless the answer is a 2xx. */
async function curl(
  stack: TestStack,
  method: string,
  where: string,
  { token, body }: { readonly token?: string; readonly body?: string },
): Promise<Record<string, unknown>> {
  const { stdout } = await execute("curl", [
    ...["--silent", "--show-error", "--fail-with-body", "--max-time", "10", "--request", method],
    ...["--header", `host: ${stack.host}`, "--header", "content-type: application/json"],
    ...(token === undefined ? [] : ["--header", `authorization: Bearer ${token}`]),
    ...(body === undefined ? [] : ["--data", body]),
    `${stack.shared.cluster.gatewayUrl}${where}`,
  ]);
  return JSON.parse(stdout) as Record<string, unknown>;
}
