import assert from "node:assert/strict";
import { longestComment, StickyComment } from "../../../delivery/github/sticky-comment.ts";
import { RefusedError, UndeliveredError } from "../../../delivery/notify/channel.ts";
import { commentText, CommentError, publishComment } from "../../../delivery/preview/publish.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";
import type { Author } from "../../support/github/repository.ts";
import { SkippingClock } from "../support/clocks.ts";

const { signal } = new AbortController();
const marker = "<!-- atom-delivery preview -->";
const number = 7;
const bot: Author = { login: "github-actions[bot]", type: "Bot" };
const person: Author = { login: "octocat", type: "User" };

/** GitHub with a pull request, and our comment on it. */
class World implements AsyncDisposable {
  readonly github: GithubStandIn;

  private constructor(github: GithubStandIn) {
    this.github = github;
    github.repository.issues.push({
      ...{ number, title: "A change", body: "", labels: [], assignees: [], state: "open" },
      ...{ stateReason: undefined, comments: [] },
    });
  }

  static async start(): Promise<World> {
    return new World(await GithubStandIn.start());
  }

  get access() {
    const { token, apiUrl, name } = this.github;
    const [owner = "", repo = ""] = name.split("/");
    return { token, apiUrl, owner, repo };
  }

  get sticky(): StickyComment {
    return new StickyComment({ access: this.access, number, marker });
  }

  get texts(): string[] {
    return (this.github.repository.issue(number)?.comments ?? []).map(({ body }) => body);
  }

  /** What was asked of GitHub, by verb and place, without what only looks. */
  get writes(): string[] {
    return this.github.requests.map(({ operation }) => operation).filter((operation) => !operation.startsWith("GET"));
  }

  add(body: string, author: Author): void {
    const { repository } = this.github;
    const issue = repository.issue(number);
    assert.ok(issue);
    repository.change(issue, { comments: [...issue.comments, { id: repository.id(), body, at: 0, author }] });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.github[Symbol.asyncDispose]();
  }
}

const text = (what: string) => `${marker}\n${what}`;
const create = "POST /repos/{owner}/{repo}/issues/{issue_number}/comments";
const change = "PATCH /repos/{owner}/{repo}/issues/comments/{comment_id}";

describe("a sticky comment", () => {
  it("is made once, brought up to date from then on, and left alone where nothing is new", async () => {
    await using world = await World.start();
    assert.equal(await world.sticky.put(text("one"), signal), "made");
    assert.equal(await world.sticky.put(text("two"), signal), "brought up to date");
    assert.equal(await world.sticky.put(text("two"), signal), "left as it was");
    assert.deepEqual(world.texts, [text("two")]);
    assert.deepEqual(world.writes, [create, change]);
    assert.deepEqual(world.github.violations, []);
  });

  it("is found among any number of comments", async () => {
    await using world = await World.start();
    for (let index = 0; index < 230; index += 1) world.add(`comment ${index}`, person);
    world.add(text("ours"), bot);
    for (let index = 0; index < 230; index += 1) world.add(`comment ${index}`, bot);
    assert.equal(await world.sticky.put(text("newer"), signal), "brought up to date");
    assert.equal(world.texts[230], text("newer"));
    assert.equal(world.texts.length, 461);
  });

  it("is never put over what somebody else wrote: with our marker, quoting it, or with another marker", async () => {
    await using world = await World.start();
    const others: readonly (readonly [string, Author])[] = [
      [text("forged"), person],
      [`> ${marker}\n> quoted`, bot],
      [`before\n${marker}`, bot],
      ["<!-- atom-delivery preview 2 -->\nof another", bot],
      [` ${marker}`, bot],
    ];
    for (const [body, author] of others) world.add(body, author);
    assert.equal(await world.sticky.put(text("ours"), signal), "made");
    assert.equal(await world.sticky.put(text("ours too"), signal), "brought up to date");
    assert.deepEqual(world.texts, [...others.map(([body]) => body), text("ours too")]);
  });

  it("belongs to the person whose token asks, where it is a person's", async () => {
    await using world = await World.start();
    world.github.repository.asking = person;
    world.add(text("of a workflow"), bot);
    world.add(text("of somebody else"), { login: "hubot", type: "User" });
    await world.sticky.put(text("ours"), signal);
    assert.equal(await world.sticky.put(text("newer"), signal), "brought up to date");
    assert.deepEqual(world.texts, [text("of a workflow"), text("of somebody else"), text("newer")]);
  });

  it("is found though GitHub keeps its lines with carriage returns", async () => {
    await using world = await World.start();
    world.add(`${marker}\r\nours`, bot);
    assert.equal(await world.sticky.put(text("newer"), signal), "brought up to date");
  });

  it("is not made a second time where the first answer was lost", async () => {
    await using world = await World.start();
    world.github.trouble.next(1, { kind: "dropped", accepted: true }, create);
    await assert.rejects(
      world.sticky.put(text("one"), signal),
      (error: unknown) => error instanceof UndeliveredError && error.uncertain,
    );
    assert.equal(await world.sticky.put(text("one"), signal), "left as it was");
    assert.deepEqual(world.texts, [text("one")]);
  });

  it("holds as much as GitHub takes, and no more is sent", async () => {
    await using world = await World.start();
    const longest = text("").padEnd(longestComment, "x");
    assert.equal(await world.sticky.put(longest, signal), "made");
    await assert.rejects(world.sticky.put(`${longest}x`, signal), RefusedError);
    assert.deepEqual(world.writes, [create]);
    assert.deepEqual(world.github.violations, []);
  });
});

describe("the comment of a preview", () => {
  it("begins with its marker and is tried again when GitHub is not there, and made once", async () => {
    await using world = await World.start();
    const clock = new SkippingClock();
    world.github.trouble.next(1, { kind: "dropped", accepted: true }, create);
    world.github.trouble.next(1, { kind: "rateLimited", retryAfterSeconds: 20 });
    const body = commentText([], { url: undefined, commit: undefined });
    const stuck = await publishComment({ access: world.access, number }, body, clock, signal);
    assert.equal(stuck, "left as it was");
    assert.deepEqual(world.texts, [body]);
    const [asked, ours = 0, ...others] = clock.sleeps;
    assert.deepEqual([asked, others], [20_000, []], "GitHub's own wish comes first");
    assert.ok(ours >= 2_000 && ours <= 4_000, String(ours));
  });

  it("that does not come through says why, and what the token needs", async () => {
    await using world = await World.start();
    const clock = new SkippingClock();
    const body = commentText([], { url: undefined, commit: undefined });
    world.github.trouble.outage({ kind: "status", status: 503 });
    const put = () => publishComment({ access: world.access, number }, body, clock, signal);
    await assert.rejects(put(), (error: unknown) => error instanceof CommentError && error.message.includes("503"));
    assert.equal(world.github.requests.length, 4);
    world.github.trouble.restore();
    world.github.trouble.next(1, { kind: "status", status: 403 }, create);
    await assert.rejects(put(), /#7 did not get its comment: GitHub answered 403.*\n.*pull-requests: write/);
    assert.deepEqual(world.texts, []);
  });

  it("ends with the signal while it waits", async () => {
    await using world = await World.start();
    const stop = new AbortController();
    world.github.trouble.outage();
    const clock = new SkippingClock();
    const put = publishComment(
      { access: world.access, number },
      commentText([], { url: undefined, commit: undefined }),
      clock,
      stop.signal,
    );
    stop.abort(new Error("interrupted"));
    await assert.rejects(put, /interrupted/);
  });
});
