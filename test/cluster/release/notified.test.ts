import assert from "node:assert/strict";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { formatLedger } from "../../../components/ledger/ledger.ts";
import { clusterDeadlineMs } from "../../support/cluster.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";
import { startGrafana, type GrafanaStandIn } from "../../support/grafana/grafana.ts";
import { SlackStandIn } from "../../support/slack/stand-in.ts";
import type { Conversation } from "../../support/slack/workspace.ts";
import { ReleaseStack, type Released } from "../support/release-stack.ts";
import { changePlan, failsItsUsers, quickPlan, stage } from "../support/staging.ts";

const change = { commit: "0123456789abcdef", author: "Ann", message: "Answer faster" };

describe("People elsewhere", function () {
  this.timeout(300_000);
  let stack: ReleaseStack;
  let slack: SlackStandIn;
  let github: GithubStandIn;
  let grafana: GrafanaStandIn;
  let releases: Conversation;
  let critical: Conversation;
  let env: Readonly<Record<string, string>>;

  before(async function () {
    this.timeout(clusterDeadlineMs);
    stack = await ReleaseStack.create("notified");
  });

  beforeEach(async () => {
    slack = await SlackStandIn.start();
    github = await GithubStandIn.start();
    grafana = await startGrafana();
    const members = [slack.workspace.tokens.get(slack.token)?.user.id ?? ""];
    releases = slack.workspace.addConversation({ name: "releases", members });
    critical = slack.workspace.addConversation({ name: "critical", members });
    env = {
      ...{ SLACK_BOT_TOKEN: slack.token, SLACK_API_URL: slack.apiUrl },
      ...{ GITHUB_TOKEN: github.token, GITHUB_API_URL: github.apiUrl },
      ...{ GRAFANA_URL: grafana.url.href, GRAFANA_API_KEY: grafana.key },
      ATOM_CHANGE: JSON.stringify(change),
    };
    await changePlan(stack.stack, (plan) => ({
      ...quickPlan(plan),
      notifications: {
        urgent: true,
        slack: { channel: releases.id, criticalChannel: critical.id },
        github: { repository: github.name },
        grafana: {},
      },
    }));
  });

  afterEach(async () => {
    assert.deepEqual([...slack.violations, ...github.violations, ...grafana.refusals], []);
    await slack[Symbol.asyncDispose]();
    await github[Symbol.asyncDispose]();
    await grafana[Symbol.asyncDispose]();
  });

  after(async () => {
    await stack[Symbol.asyncDispose]();
  });

  async function release(faults: object, words: readonly string[] = []): Promise<Released> {
    await stage(stack.stack, faults);
    await using load = stack.load({ clients: 2, pauseMs: 20 });
    const released = await stack.releaseStaged(words, env);
    await load.stop();
    return released;
  }

  /** Messages that are no replies. */
  function messagesIn({ messages }: Conversation): string[] {
    return messages.filter(({ threadTs, ts }) => threadTs === undefined || threadTs === ts).map(({ text }) => text);
  }

  async function assertNoSecret(...texts: readonly string[]): Promise<void> {
    const all = [formatLedger(await stack.stack.ledger()), ...texts].join("\n");
    for (const secret of [slack.token, github.token, grafana.key]) assert.ok(!all.includes(secret), all);
  }

  it("hear of a bad release once Slack and GitHub are back, once each, and the release was none the wiser", async () => {
    // Taken, and never answered: what comes after must look first.
    slack.trouble.next(1, { kind: "dropped", accepted: true });
    slack.trouble.next(1_000, { kind: "status", status: 500 });
    github.trouble.outage();
    const html = path.join(stack.stack.folder, "report.html");
    const bad = await release(failsItsUsers, ["--html", html]);
    assert.equal(bad.code, 10, bad.stderr);
    assert.equal(bad.record.state.cause?.reason, "high_error_rate");
    const status = await stack.start(["status", "--json"]).ended;
    const { notifications } = JSON.parse(status.stdout) as { notifications: { pending: readonly unknown[] } };
    assert.notEqual(notifications.pending.length, 0);

    slack.trouble.restore();
    github.trouble.restore();
    const flushed = await stack.start(["notify", "flush"], env).ended;
    assert.equal(flushed.code, 0, `${flushed.stdout}${flushed.stderr}`);
    assert.deepEqual([messagesIn(releases).length, messagesIn(critical).length], [1, 1]);
    assert.match(messagesIn(releases)[0] ?? "", /rolled back/i);
    assert.equal(github.repository.issues.length, 1);
    const [issue] = github.repository.issues;
    assert.deepEqual(new Set(issue?.labels), new Set(["deployment", "rollback", "bug", "notified"]));
    assert.match(issue?.body ?? "", /high_error_rate/);
    assert.deepEqual(
      github.repository.deployments.map(({ statuses }) => statuses.at(-1)?.state),
      ["failure"],
    );
    assert.equal(grafana.state.annotations.length, 1);
    const { stdout, stderr } = status;
    await assertNoSecret(bad.stdout, bad.stderr, await readFile(html, "utf8"), stdout, stderr, flushed.stdout);
    await assertNoSecret(flushed.stderr);
  });

  it("follow a good release in one message, and see its issue closed", async () => {
    const bad = await release(failsItsUsers);
    assert.equal(bad.code, 10, bad.stderr);
    assert.equal(github.repository.issues[0]?.state, "open");
    const good = await release({});
    assert.equal(good.code, 0, `${good.stdout}${good.stderr}`);
    const flushed = await stack.start(["notify", "flush"], env).ended;
    assert.equal(flushed.code, 0, `${flushed.stdout}${flushed.stderr}`);
    assert.deepEqual([github.repository.issues.length, github.repository.issues[0].state], [1, "closed"]);
    const [told, ...more] = messagesIn(releases).slice(1);
    assert.deepEqual(more, []);
    assert.match(told ?? "", /released/i);
    assert.equal(messagesIn(critical).length, 1);
    assert.equal(grafana.state.annotations.length, 2);
    await assertNoSecret(good.stdout, good.stderr);
  });
});
