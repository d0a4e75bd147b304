import assert from "node:assert/strict";
import { DriftIssue } from "../../../delivery/drift/issue.ts";
import type { StackDrift } from "../../../delivery/drift/drift.ts";
import { RefusedError, UndeliveredError } from "../../../delivery/notify/channel.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";
import { changedService, clean } from "./changes.ts";

const within = () => AbortSignal.timeout(10_000);

/** GitHub, and whoever looks for drift of one repository's stacks. */
class Looks implements AsyncDisposable {
  readonly github: GithubStandIn;

  private constructor(github: GithubStandIn) {
    this.github = github;
  }

  static async start(): Promise<Looks> {
    return new Looks(await GithubStandIn.start());
  }

  tell(drift: StackDrift, run?: string) {
    const [owner = "", repo = ""] = this.github.name.split("/");
    const access = { token: this.github.token, owner, repo, apiUrl: this.github.apiUrl };
    return new DriftIssue({ access, run }).tell(drift, within());
  }

  /** Requests that change something. */
  get changes(): readonly string[] {
    return this.github.requests.map(({ operation }) => operation).filter((each) => !each.startsWith("GET "));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.github[Symbol.asyncDispose]();
    assert.deepEqual(this.github.violations, []);
  }
}

describe("the issue about drift", () => {
  it("is opened once, however often the same drift is found, whichever run finds it", async () => {
    await using looks = await Looks.start();
    const first = await looks.tell(changedService(), "https://github.com/example/atom/actions/runs/1");
    assert.equal(first.action, "opened");
    for (const run of [2, 3])
      assert.deepEqual(await looks.tell(changedService(), `https://github.com/example/atom/actions/runs/${run}`), {
        action: "same",
        number: first.number,
      });
    assert.deepEqual(looks.changes, ["POST /repos/{owner}/{repo}/issues"]);
    const [issue, ...more] = looks.github.repository.issues;
    assert.deepEqual(more, []);
    assert.equal(issue?.title, "1 resource of staging is not as it was left");
    assert.deepEqual(issue.labels, ["drift", "staging"]);
    assert.match(issue.body, /\+ spec\.sessionAffinity: "ClientIP"/);
    assert.match(issue.body, /\(\[workflow run\]\(https:\/\/github\.com\/example\/atom\/actions\/runs\/1\)\)/);
  });

  it("is changed in place when there is other drift", async () => {
    await using looks = await Looks.start();
    const { number } = await looks.tell(changedService());
    assert.deepEqual(await looks.tell(changedService("Other")), { action: "updated", number });
    const [issue, ...more] = looks.github.repository.issues;
    assert.deepEqual([more, issue?.comments, issue?.state], [[], [], "open"]);
    assert.match(issue?.body ?? "", /\+ spec\.sessionAffinity: "Other"/);
  });

  it("is closed once there is none, with a word, and opened anew when it comes back", async () => {
    await using looks = await Looks.start();
    const { number } = await looks.tell(changedService());
    assert.deepEqual(await looks.tell(clean), { action: "closed", number });
    assert.deepEqual(await looks.tell(clean), { action: "same" });
    const closed = looks.github.repository.issue(number ?? 0);
    assert.deepEqual([closed?.state, closed?.stateReason], ["closed", "completed"]);
    assert.deepEqual(
      closed?.comments.map(({ body }) => body),
      ["<code>staging</code> is as it was left again.\n"],
    );
    const again = await looks.tell(changedService());
    assert.equal(again.action, "opened");
    assert.notEqual(again.number, number);
  });

  it("is told from those of other stacks, and from what people write", async () => {
    await using looks = await Looks.start();
    const staging = await looks.tell(changedService());
    const production = await looks.tell({ ...changedService(), stack: "production" });
    assert.deepEqual([staging.action, production.action], ["opened", "opened"]);
    const { repository } = looks.github;
    const labels = ["drift", "canary"];
    const byPeople = {
      title: "drift",
      body: "drift",
      labels,
      assignees: [],
      state: "open" as const,
      stateReason: undefined,
    };
    repository.issues.push({ ...byPeople, number: repository.id(), comments: [] });
    assert.equal((await looks.tell({ ...changedService(), stack: "canary" })).action, "opened");
    assert.equal((await looks.tell(clean)).action, "closed");
    assert.deepEqual(
      repository.issues.filter(({ state }) => state === "open").map(({ title }) => title),
      ["1 resource of production is not as it was left", "drift", "1 resource of canary is not as it was left"],
    );
  });

  it("is found behind hundreds of others", async () => {
    await using looks = await Looks.start();
    const { number } = await looks.tell(changedService());
    const { repository } = looks.github;
    for (let index = 0; index < 250; index += 1) {
      const other = { title: "other", body: "other", assignees: [], state: "open" as const, stateReason: undefined };
      repository.issues.push({ ...other, number: repository.id(), labels: ["drift", "staging"], comments: [] });
    }
    assert.deepEqual(await looks.tell(changedService()), { action: "same", number });
  });

  it("says whether GitHub refused or was not there", async () => {
    await using looks = await Looks.start();
    const access = { owner: "example", repo: "atom", apiUrl: looks.github.apiUrl };
    await assert.rejects(new DriftIssue({ access: { ...access, token: "other" } }).tell(clean, within()), RefusedError);
    const nowhere = { ...access, token: "other", apiUrl: "http://127.0.0.1:1" };
    await assert.rejects(new DriftIssue({ access: nowhere }).tell(clean, within()), UndeliveredError);
  });
});
