import assert from "node:assert/strict";
import type { Message } from "../../support/slack/workspace.ts";
import { NotifiedWorld } from "./notified-world.ts";

/** All text of a message's blocks. */
function textsOf(message: Message | undefined): readonly string[] {
  const texts: string[] = [];
  const collect = (value: unknown): void => {
    if (Array.isArray(value)) value.forEach(collect);
    else if (typeof value === "object" && value !== null) Object.values(value).forEach(collect);
    else if (typeof value === "string" && !["mrkdwn", "plain_text", "section", "header", "context"].includes(value))
      texts.push(value);
  };
  collect(message?.blocks);
  return texts;
}

const commit = "0123456789abcdef0123456789abcdef01234567";
const run = "https://github.example.com/example/atom/actions/runs/42";

describe("what is told of a release", () => {
  it("to Slack is one message that ends as the release did, with its details in a thread", async () => {
    await using there = await NotifiedWorld.start();
    assert.equal((await there.release()).state.phase, "released");
    assert.deepEqual(there.violations, []);
    const [message, ...replies] = there.channel.messages;
    assert.equal(message?.text, "atom r1 in production: Released");
    assert.ok(message.edits > 2);
    assert.deepEqual(
      replies.map(({ text, threadTs, isBroadcast }) => [text.split(":")[0], threadTs === message.ts, isBroadcast]),
      ["smoke-passed", "step-passed", "step-passed", "step-passed", "smoke-passed"].map((event) => [
        event,
        true,
        false,
      ]),
    );
    assert.deepEqual(there.critical.messages, []);
  });

  it("that goes back, to where urgent things are told: commit, author, environment, reason, action, run (R5)", async () => {
    await using there = await NotifiedWorld.start();
    there.world.errors.candidate = 0.3;
    assert.equal((await there.release()).state.phase, "rolled-back");
    assert.deepEqual(there.violations, []);
    assert.equal(there.critical.messages.length, 1);
    const [alert] = there.critical.messages;
    assert.equal(alert?.text, "URGENT: atom r1 in production: Rolled back at 10 %: it failed too many requests");
    assert.deepEqual(textsOf(alert), [
      ":rotating_light: URGENT: atom r1 in production: Rolled back at 10 %: it failed too many requests",
      `*Commit*\n<https://github.example.com/example/atom/commit/${commit}|0123456789> Faster agents, thanks to @bob &amp; \`code\``,
      "*Author*\nAnn &lt;script&gt;",
      "*Environment*\nproduction (urgent)",
      `*Workflow run*\n<${run}|open>`,
      "*Reason*\nit failed too many requests (high_error_rate): guard: errorRate FAIL (3 bad of 10 requests, active 0 of 90, limit 0.10 %); latency TOO_FEW (0 bad of 10 requests, active 0 of 90, limit 5.0 %)",
      "*Action taken*\nAll traffic is back on v-a (blue): restored in 0 s. The candidate is quarantined.",
      "*What to do next*\n• Look for 5xx answers in the candidate's log of that time.\n" +
        '• Release a changed version. This one is quarantined: only `atom quarantine lift bbbbbbbbbbbb --stack production --reason "…"` lets it be staged again.\n' +
        "• See what another limit would have said: `atom replay r1 --set gate.errorRate.max=0.5% --stack production`.",
      "The whole story: `atom explain r1 --stack production`",
      `<${run}|workflow run>`,
    ]);
  });

  it("that goes back where nothing is urgent, is a reply that the channel sees", async () => {
    await using there = await NotifiedWorld.start({ urgent: false });
    there.world.errors.candidate = 0.3;
    await there.release();
    assert.deepEqual(there.critical.messages, []);
    const alert = there.channel.messages.find(({ isBroadcast }) => isBroadcast);
    assert.equal(alert?.text, "atom r1 in production: Rolled back at 10 %: it failed too many requests");
    assert.equal(alert.threadTs, there.channel.messages[0]?.ts);
  });

  it("is told to a webhook when it begins to go back and at its end, and urgently only where it is urgent", async () => {
    for (const urgent of [true, false]) {
      const variables: Record<string, string | undefined> = { SLACK_BOT_TOKEN: undefined };
      await using there = await NotifiedWorld.start({ urgent, variables });
      variables.SLACK_WEBHOOK_URL = there.slack.webhookUrl("usual");
      variables.SLACK_WEBHOOK_CRITICAL = there.slack.webhookUrl("critical");
      there.useVariables(variables);
      there.world.errors.candidate = 0.3;
      await there.release();
      there.world.errors.candidate = 0;
      there.world.stage("green", "cccccccccccc");
      await there.release();
      assert.deepEqual(there.violations, []);
      // The first one says how far it is by the time that it is sent.
      const back = ["Rolled back at 10 %", "Rolled back at 10 %"];
      const texts = (name: string): readonly (string | undefined)[] =>
        there.slack.workspace
          .named(name)
          ?.messages.map(({ text }) => /Roll(?:ing|ed) back at 10 %|Released/.exec(text)?.[0].replace("ing", "ed")) ??
        [];
      assert.deepEqual(texts("critical"), urgent ? back : []);
      assert.deepEqual(texts("usual"), urgent ? ["Released"] : [...back, "Released"]);
    }
  });

  it("that went back, to GitHub is an issue with labels, assignee, reason, next steps, files and evidence (R6)", async () => {
    await using there = await NotifiedWorld.start();
    there.world.errors.candidate = 0.3;
    await there.release();
    assert.deepEqual(there.violations, []);
    const [issue, ...others] = there.github.repository.issues;
    assert.deepEqual(others, []);
    assert.equal(issue?.title, "atom in production: a release went back");
    assert.deepEqual(issue.labels, ["deployment", "rollback", "bug", "production"]);
    assert.deepEqual(issue.assignees, ["on-call"]);
    const cut = issue.body.indexOf("### Evidence\n\n");
    const [head, evidence] = [issue.body.slice(0, cut), issue.body.slice(cut)];
    assert.equal(
      head,
      `<!-- atom-delivery issue production/atom -->
<!-- atom-delivery release production/atom/r1 -->

**atom r1** in **production**: Rolled back at 10 %: it failed too many requests.

|  |  |
| --- | --- |
| commit | [0123456789](https://github.example.com/example/atom/commit/${commit}) Faster agents, thanks to @&#8203;bob &#38; &#96;code&#96; |
| author | Ann &#60;script&#62; |
| environment | production (urgent) |
| reason | it failed too many requests (high_error_rate): guard: errorRate FAIL (3 bad of 10 requests, active 0 of 90, limit 0.10 %); latency TOO_FEW (0 bad of 10 requests, active 0 of 90, limit 5.0 %) |
| action taken | All traffic is back on v-a (blue): restored in 0 s. The candidate is quarantined. |
| workflow run | [open](${run}) |

### What to do next

- Look for 5xx answers in the candidate's log of that time.
- Release a changed version. This one is quarantined: only \`atom quarantine lift bbbbbbbbbbbb --stack production --reason "…"\` lets it be staged again.
- See what another limit would have said: \`atom replay r1 --set gate.errorRate.max=0.5% --stack production\`.
- The whole story: \`atom explain r1 --stack production\`.

### Relevant files

- [docs/runbook.md](https://github.example.com/example/atom/blob/${commit}/docs/runbook.md)
- [https&#58;//wiki.example.com/atom](https://wiki.example.com/atom)

`,
    );
    assert.match(
      evidence,
      /\| 10 % \| failed requests \(5xx\) \| FAIL \| 3 of 10 \(30 %\) \| 0 of 90 \(0 %\) \| 0\.1 % \|/,
    );
  });

  it("keeps one issue for a service and environment: a comment for each further release, closed by the next success", async () => {
    await using there = await NotifiedWorld.start();
    const { world, github } = there;
    world.errors.candidate = 0.3;
    await there.release();
    world.stage("green", "cccccccccccc");
    await there.release();
    assert.deepEqual(there.violations, []);
    assert.deepEqual(
      github.repository.issues.map(({ state, comments }) => [state, comments.length]),
      [["open", 1]],
    );
    assert.match(
      github.repository.issues[0]?.comments[0]?.body ?? "",
      /^<!-- atom-delivery release production\/atom\/r2 -->/,
    );
    world.errors.candidate = 0;
    world.stage("green", "dddddddddddd");
    await there.release();
    const [issue, ...others] = github.repository.issues;
    assert.deepEqual(others, []);
    assert.deepEqual([issue?.state, issue?.stateReason, issue?.comments.length], ["closed", "completed", 2]);
    assert.match(issue?.comments[1]?.body ?? "", /\*\*r3\*\* released v-d in \*\*production\*\*/);
    assert.deepEqual(
      github.repository.deployments.map(({ statuses }) => statuses.map(({ state }) => state)),
      [
        ["in_progress", "failure"],
        ["in_progress", "failure"],
        ["in_progress", "success"],
      ],
    );
    assert.deepEqual(there.ledger.outbox?.givenUp, []);
  });

  it("makes the deployment before inactive when the next one serves", async () => {
    await using there = await NotifiedWorld.start();
    await there.release();
    there.world.stage("blue", "cccccccccccc");
    await there.release();
    assert.deepEqual(
      there.github.repository.deployments.map(({ statuses }) => statuses.map(({ state }) => state)),
      [
        ["in_progress", "success", "inactive"],
        ["in_progress", "success"],
      ],
    );
  });

  it("opens no issue about what people took back, and calls people all the same", async () => {
    await using there = await NotifiedWorld.start();
    const releasing = there.release({
      during: (releaser) => {
        releaser.abort();
      },
      after: 30_000,
    });
    assert.equal((await releasing).state.phase, "aborted");
    assert.deepEqual(there.github.repository.issues, []);
    assert.match(
      there.critical.messages[0]?.text ?? "",
      /^URGENT: atom r1 in production: Aborted at 50 %: a person wanted it$/,
    );
  });

  it("is told without an assignee whom GitHub does not know", async () => {
    await using there = await NotifiedWorld.start();
    there.github.repository.members.clear();
    there.world.errors.candidate = 0.3;
    await there.release();
    assert.deepEqual(
      there.github.repository.issues.map(({ assignees }) => assignees),
      [[]],
    );
  });

  it("says once what is configured and cannot be told, and fails nothing", async () => {
    const without = { SLACK_BOT_TOKEN: undefined, GITHUB_TOKEN: undefined };
    await using there = await NotifiedWorld.start({ variables: without });
    assert.deepEqual(there.connected().notes, [
      "Slack is configured (notifications.slack), but neither SLACK_BOT_TOKEN nor SLACK_WEBHOOK_URL is set: nothing is told there from here",
      "GitHub is configured (notifications.github), but GITHUB_TOKEN is not set: no issue and no deployment is kept from here",
    ]);
    assert.equal((await there.release()).state.phase, "released");
    const waiting = there.ledger.outbox?.messages.map(({ id }) => id) ?? [];
    assert.ok(waiting.includes("r1/slack/message") && waiting.includes("r1/github/deployment"));
    there.useVariables({});
    await there.flush();
    assert.equal(there.channel.messages[0]?.text, "atom r1 in production: Released");
  });
});
