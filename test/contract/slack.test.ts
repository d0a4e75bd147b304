// @pulumi/slack as people use it: the real engine, the provider in a process of its own, and a Slack that is played.
import assert from "node:assert/strict";
import { Conversation, type ConversationArgs } from "@pulumi/slack";
import type * as pulumi from "@pulumi/pulumi";
import { SlackChannel } from "../../components/slack-channel/slack-channel.ts";
import { FIRST_START_MS } from "../support/control-plane.ts";
import "../infra/pulumi-globals.ts";
import { SlackWorld, type Program } from "./slack-world.ts";

const ENGINE_MS = 120_000;

/** A program with one channel. */
function channel(args: Partial<ConversationArgs> = {}, opts: pulumi.CustomResourceOptions = {}): Program {
  return (provider) => {
    new Conversation("channel", { name: "deployments", isPrivate: false, ...args }, { provider, ...opts });
  };
}

describe("@pulumi/slack, run by the engine", function () {
  this.timeout(ENGINE_MS);
  let world: SlackWorld;
  let ada: string;
  let bob: string;

  before(function () {
    this.timeout(FIRST_START_MS);
    return SlackWorld.prepare();
  });

  beforeEach(async () => {
    world = await SlackWorld.create();
    ada = world.slack.workspace.addUser({ name: "ada" }).id;
    bob = world.slack.workspace.addUser({ name: "bob" }).id;
  });

  afterEach(async () => {
    const { violations } = world.slack;
    const [state, transcript] = [world.state(), world.transcript];
    await world[Symbol.asyncDispose]();
    assert.deepEqual(violations, []);
    // Whatever a test did, the token is nowhere: not in the state, and not in what was printed.
    for (const token of world.tokens) assert.ok(!state.includes(token) && !transcript.includes(token));
  });

  const live = () => world.slack.workspace.named("deployments");
  const asked = (method: string) => world.slack.requests.filter((request) => request.method === method).length;

  it("previews a channel without asking Slack, creates it, and then has nothing to do", async () => {
    const program = channel({ topic: "What is deployed", purpose: "To see it", permanentMembers: [ada] });
    assert.deepEqual((await world.preview(program)).changes, { create: 3 });
    assert.deepEqual(world.slack.requests, []);
    assert.deepEqual((await world.up(program)).changes, { create: 3 });
    assert.equal(live()?.topic.value, "What is deployed");
    assert.equal(live()?.purpose.value, "To see it");
    assert.ok(live()?.members.has(ada));
    assert.deepEqual((await world.up(program)).changes, {});
    assert.deepEqual((await world.refresh()).changes, {});
    assert.deepEqual((await world.up(program)).changes, {});
  });

  it("changes topic, name and members in place, and kicks nobody", async () => {
    await world.up(channel({ topic: "before", permanentMembers: [ada] }));
    const made = live();
    const changed = channel({ name: "releases", topic: "after", permanentMembers: [bob] });
    assert.deepEqual((await world.up(changed)).changes, { update: 1 });
    assert.equal(made?.name, "releases");
    assert.equal(made.topic.value, "after");
    assert.ok(made.members.has(ada) && made.members.has(bob));
    assert.equal(asked("conversations.kick"), 0);
    assert.equal(asked("conversations.create"), 1);
  });

  it("kicks who is not asked for where it is told to", async () => {
    const kicking = (members: string[]) =>
      channel({ permanentMembers: members, actionOnUpdatePermanentMembers: "kick" });
    await world.up(kicking([ada, bob]));
    assert.deepEqual((await world.up(kicking([ada]))).changes, { update: 1 });
    assert.deepEqual([live()?.members.has(ada), live()?.members.has(bob)], [true, false]);
  });

  it("sees by a refresh what others changed, and repairs it", async () => {
    const program = channel({ topic: "ours", permanentMembers: [ada] });
    await world.up(program);
    const made = live();
    assert.ok(made);
    made.topic = world.slack.workspace.note("theirs", bob);
    made.members.delete(ada);
    made.members.add(bob);
    assert.deepEqual((await world.refresh()).changes, { update: 1 });
    assert.deepEqual((await world.up(program)).changes, { update: 1 });
    assert.equal(made.topic.value, "ours");
    assert.ok(made.members.has(ada) && made.members.has(bob));
    assert.deepEqual((await world.up(program)).changes, {});
  });

  it("makes a channel anew that is gone", async () => {
    await world.up(channel());
    world.slack.workspace.conversations.delete(live()?.id ?? "");
    assert.deepEqual((await world.refresh()).changes, { delete: 1 });
    assert.deepEqual((await world.up(channel())).changes, { create: 1 });
    assert.ok(live());
  });

  it("leaves a channel as it is when the resource is deleted", async () => {
    await world.up(channel({ permanentMembers: [ada] }));
    assert.deepEqual((await world.destroy()).changes, { delete: 3 });
    assert.equal(live()?.isArchived, false);
    assert.ok(live()?.members.has(ada));
    assert.equal(asked("conversations.archive"), 0);
  });

  it("archives a deleted channel where it is told to", async () => {
    await world.up(channel({ actionOnDestroy: "archive" }));
    await world.destroy();
    assert.equal(live()?.isArchived, true);
  });

  it("says of a name that is taken how to adopt its channel, and adopts it with its members", async () => {
    const { workspace } = world.slack;
    workspace.largestPage = 1;
    workspace.addConversation({ name: "random" });
    const old = workspace.addConversation({ name: "deployments", members: [bob], topic: "theirs" });
    await assert.rejects(world.up(channel()), /#deployments \(C\d+\) exists\. Set adoptExistingChannel to true/);
    const adopting = channel({ adoptExistingChannel: true, topic: "ours", permanentMembers: [ada] });
    assert.deepEqual((await world.up(adopting)).changes, { create: 1 });
    assert.equal(old.topic.value, "ours");
    assert.ok(old.members.has(ada) && old.members.has(bob));
    assert.deepEqual((await world.up(adopting)).changes, {});
  });

  it("adopts an archived channel with a person's token, and says that an app's cannot", async () => {
    const old = world.slack.workspace.addConversation({ name: "deployments", isArchived: true });
    const adopting = channel({ adoptExistingChannel: true });
    await assert.rejects(world.up(adopting), /Slack lets no app's token unarchive/);
    const person = world.slack.workspace.addUser({ name: "person" });
    world.slack.workspace.addToken("xoxp-stand-in-of-a-person", person);
    world.useToken("xoxp-stand-in-of-a-person");
    await world.up(adopting);
    assert.equal(old.isArchived, false);
  });

  it("reads a channel by its id without managing it, and says how to manage one in place of an import", async () => {
    const old = world.slack.workspace.addConversation({ name: "deployments", topic: "theirs" });
    const topics: string[] = [];
    const reading: Program = (provider) => {
      Conversation.get("channel", old.id, { provider }).topic.apply((topic) => topics.push(topic));
    };
    assert.deepEqual((await world.up(reading)).changes, { create: 2 });
    assert.deepEqual(topics, ["theirs"]);
    await world.destroy();
    assert.equal(old.isArchived, false);
    await assert.rejects(world.up(channel({}, { import: old.id })), /set adoptExistingChannel to true/);
  });

  it("replaces a channel whose privacy changes with its name, and refuses in the preview where the name stays", async () => {
    await world.up(channel());
    const privateOne = channel({ name: "deployments-private", isPrivate: true });
    await assert.rejects(
      world.preview(channel({ isPrivate: true })),
      /cannot make the public channel #deployments private/,
    );
    assert.deepEqual((await world.up(privateOne)).changes, { replace: 1 });
    assert.equal(world.slack.workspace.named("deployments-private")?.isPrivate, true);
    assert.equal(live()?.isArchived, false);
  });

  it("refuses in the preview what Slack would refuse, with what is allowed", async () => {
    const wrong = channel({ name: "Deployments!", topic: "x".repeat(251), permanentMembers: ["ada"] });
    const error = await world.preview(wrong).then(
      () => "",
      (reason: unknown) => String(reason),
    );
    assert.match(error, /name.*1 to 80 lower-case letters/);
    assert.match(error, /topic.*at most 250 characters/);
    assert.match(error, /permanentMembers.*U0123456789/);
    assert.deepEqual(world.slack.requests, []);
  });

  it("waits as long as Slack asks for, and not longer than is sensible", async () => {
    world.slack.trouble.next(1, { kind: "rateLimited", retryAfterSeconds: 1 }, "conversations.setTopic");
    const started = Date.now();
    await world.up(channel({ topic: "patient" }));
    assert.ok(Date.now() - started >= 1000);
    assert.equal(live()?.topic.value, "patient");
    world.slack.trouble.next(1, { kind: "rateLimited", retryAfterSeconds: 3600 }, "conversations.info");
    await assert.rejects(world.up(channel({ topic: "impatient" })), /asks to wait 3600 s .* Run again later/);
  });

  it("keeps a channel that could not be finished, and finishes it in the next run", async () => {
    world.slack.trouble.next(3, { kind: "status", status: 500 }, "conversations.setTopic");
    const program = channel({ topic: "finished" });
    await assert.rejects(world.up(program), /Slack answered conversations\.setTopic with HTTP 500/);
    assert.deepEqual((await world.up(program)).changes, { update: 1 });
    assert.equal(live()?.topic.value, "finished");
    assert.equal(asked("conversations.create"), 1);
  });

  it("makes a stack's channels by the provider that their components are given", async () => {
    const theirs = world.slack.workspace.addConversation({ name: "critical", members: [bob] });
    const ids: string[] = [];
    const program: Program = (provider) => {
      const opts = { providers: [provider] };
      new SlackChannel("slack-deployments", { channel: "deployments", members: [ada] }, opts);
      new SlackChannel("slack-critical", { channel: "critical", topic: "Urgent" }, opts).channelId.apply((id) =>
        ids.push(id),
      );
    };
    assert.deepEqual((await world.up(program)).changes, { create: 6 });
    assert.deepEqual(ids, [theirs.id]);
    assert.ok(live()?.members.has(ada));
    assert.deepEqual([theirs.topic.value, theirs.members.has(bob)], ["Urgent", true]);
    assert.deepEqual((await world.up(program)).changes, {});
    await world.destroy();
    assert.deepEqual([live()?.isArchived, theirs.isArchived], [false, false]);
  });

  it("says of a wrong token what to do, and goes on with a right one", async () => {
    const right = world.slack.token;
    world.useToken("xoxb-stand-in-of-a-wrong-token");
    await assert.rejects(
      world.up(channel()),
      /does not accept the token \(invalid_auth\)\. Copy the Bot User OAuth Token/,
    );
    world.useToken(right);
    assert.deepEqual((await world.up(channel())).changes, { create: 1, update: 1 });
    assert.ok(live());
  });
});
