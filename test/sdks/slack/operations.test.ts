import assert from "node:assert/strict";
import { check, create, openApi, read, remove, update } from "@pulumi/slack/operations";
import { plainText } from "../../../sdks/slack/src/channel.ts";
import type { ConversationInputs } from "../../../sdks/slack/src/inputs.ts";
import { SlackApi } from "../../../sdks/slack/src/slack-api.ts";
import { SlackStandIn } from "../../support/slack/stand-in.ts";

const inputs = (asked: Partial<ConversationInputs> = {}): ConversationInputs =>
  check({}, { name: "deployments", isPrivate: false, ...asked }).inputs as unknown as ConversationInputs;

describe("the operations on a conversation", () => {
  let slack: SlackStandIn;
  let api: SlackApi;
  /** What the provider waited for, in milliseconds. */
  let waits: number[];

  beforeEach(async () => {
    slack = await SlackStandIn.start();
    waits = [];
    api = apiOf(slack.token);
  });

  afterEach(async () => {
    const { violations } = slack;
    await slack[Symbol.asyncDispose]();
    assert.deepEqual(violations, []);
  });

  const apiOf = (token: string) =>
    new SlackApi({
      token,
      baseUrl: slack.apiUrl,
      wait: (milliseconds) => {
        waits.push(milliseconds);
        return Promise.resolve();
      },
    });
  const methods = () => slack.requests.map(({ method }) => method);
  const person = (name: string) => slack.workspace.addUser({ name }).id;

  it("make a channel as it is asked for", async () => {
    const ada = person("ada");
    const { id, outs } = await create(api, inputs({ topic: "R&D <all>", purpose: "to see", permanentMembers: [ada] }));
    const made = slack.workspace.named("deployments");
    assert.equal(made?.id, id);
    const { created, creator, ...rest } = outs;
    assert.deepEqual([created, creator], [made.created, made.creator]);
    assert.deepEqual(rest, {
      ...inputs({ topic: "R&D <all>", purpose: "to see", permanentMembers: [ada] }),
      ...{ isGeneral: false, isShared: false, isExtShared: false, isOrgShared: false },
    });
  });

  it("ask Slack for nothing that is there already", async () => {
    const ada = person("ada");
    const wanted = inputs({ topic: "ours", permanentMembers: [ada] });
    const { id } = await create(api, wanted);
    slack.requests.length = 0;
    await update(api, id, wanted);
    const changing = methods().filter((method) => !/info|members|auth\.test/.test(method));
    assert.deepEqual(changing, []);
  });

  it("invite the app itself and who made the channel to nothing, and kick neither", async () => {
    const owner = person("owner-of-it");
    const old = slack.workspace.addConversation({ name: "deployments", creator: owner });
    const self = await api.self();
    const kicking = inputs({ adoptExistingChannel: true, actionOnUpdatePermanentMembers: "kick" });
    await create(api, { ...kicking, permanentMembers: [self, owner] });
    assert.deepEqual([...old.members], [owner, self]);
    await update(api, old.id, kicking);
    assert.deepEqual([...old.members], [owner, self]);
  });

  it("invite many people by a hundred at a time", async () => {
    const many = Array.from({ length: 205 }, (_, index) => person(`person-${index}`));
    const { outs } = await create(api, inputs({ permanentMembers: many }));
    assert.deepEqual(new Set(outs.permanentMembers), new Set(many));
    const sizes = slack.requests
      .filter(({ method }) => method === "conversations.invite")
      .map(({ args }) => args.users?.split(",").length);
    assert.deepEqual(sizes, [100, 100, 5]);
  });

  it("name the member whom Slack does not know", async () => {
    await assert.rejects(create(api, inputs({ permanentMembers: ["U999999999"] })), {
      name: "UnfinishedConversation",
      message: /conversations\.invite: user_not_found \(U999999999: user_not_found\)\. A member is an id such as/,
    });
  });

  it("archive and open a channel as it is asked for", async () => {
    const { id } = await create(api, inputs({ isArchived: true, topic: "over" }));
    assert.equal(slack.workspace.named("deployments")?.isArchived, true);
    slack.requests.length = 0;
    assert.equal((await update(api, id, inputs({ isArchived: true, topic: "over" }))).isArchived, true);
    assert.deepEqual(methods(), ["conversations.info"]);
    await assert.rejects(update(api, id, inputs({ topic: "over" })), /Slack lets no app's token unarchive/);
    slack.workspace.addToken("xoxp-person", slack.workspace.addUser({ name: "person" }));
    const { isArchived } = await update(apiOf("xoxp-person"), id, inputs({ topic: "over" }));
    assert.equal(isArchived, false);
  });

  it("count a member who left, and others only where they are to be kicked", async () => {
    const [ada, bob, eve] = [person("ada"), person("bob"), person("eve")];
    const asked = { permanentMembers: [ada, bob] };
    const { id } = await create(api, inputs(asked));
    const made = slack.workspace.named("deployments");
    made?.members.delete(bob);
    made?.members.add(eve);
    assert.deepEqual((await read(api, id, inputs(asked))).props?.permanentMembers, [ada]);
    const kicking = inputs({ ...asked, actionOnUpdatePermanentMembers: "kick" });
    assert.deepEqual((await read(api, id, kicking)).props?.permanentMembers, [ada, eve]);
  });

  it("say that a channel is gone, and what to do where it was to be changed", async () => {
    assert.deepEqual(await read(api, "C000000999", inputs()), { id: "" });
    await assert.rejects(update(api, "C000000999", inputs()), /refresh the stack to make it anew/);
    await remove(api, "C000000999", { actionOnDestroy: "archive" });
  });

  it("tell a name that a channel out of sight has from one that can be taken over", async () => {
    slack.workspace.addConversation({ name: "deployments", isPrivate: true });
    await assert.rejects(create(api, inputs({ adoptExistingChannel: true })), /taken, but not by a public channel/);
  });

  it("take for theirs the channel of a lost answer, and no other one", async () => {
    slack.trouble.next(1, { kind: "dropped", accepted: true }, "conversations.create");
    const { id } = await create(api, inputs());
    assert.equal(slack.workspace.named("deployments")?.id, id);
    slack.workspace.addConversation({ name: "releases" });
    slack.trouble.next(1, { kind: "dropped", accepted: false }, "conversations.create");
    await assert.rejects(create(api, inputs({ name: "releases" })), { code: "unreachable" });
    assert.equal(methods().filter((method) => method === "conversations.create").length, 2);
  });

  it("try again what may be repeated, and take what an earlier try did for done", async () => {
    const ada = person("ada");
    slack.trouble.next(1, { kind: "dropped", accepted: true }, "conversations.invite");
    slack.trouble.next(2, { kind: "status", status: 503 }, "conversations.setTopic");
    const { outs } = await create(api, inputs({ topic: "ours", permanentMembers: [ada] }));
    assert.deepEqual([outs.topic, outs.permanentMembers], ["ours", [ada]]);
    assert.deepEqual(waits, [500, 2000, 500]);
  });

  it("wait as long as Slack asks, up to two minutes a request", async () => {
    slack.trouble.next(2, { kind: "rateLimited", retryAfterSeconds: 50 }, "conversations.create");
    await create(api, inputs());
    assert.deepEqual(waits, [50_000, 50_000]);
    slack.trouble.next(3, { kind: "rateLimited", retryAfterSeconds: 50 }, "conversations.info");
    await assert.rejects(read(api, "C000000001"), { code: "ratelimited", message: /wait 50 s .* waits 120 s at most/ });
  });

  it("say of a refused token, of a missing one and of a missing scope what to do, and never the token", async () => {
    const narrow = "xoxb-narrow";
    slack.workspace.addToken(narrow, slack.workspace.addUser({ name: "narrow", isBot: true }), ["channels:read"]);
    const failing = [
      [() => create(apiOf("xoxb-wrong"), inputs()), /does not accept the token \(invalid_auth\)\. Copy the Bot User/],
      [
        () => create(apiOf(narrow), inputs()),
        /lacks the scope channels:manage, which conversations\.create needs; it has channels:read/,
      ],
    ] as const;
    for (const [run, message] of failing)
      await assert.rejects(run, (error: Error) => {
        assert.match(error.message, message);
        assert.doesNotMatch(`${error.message} ${error.stack ?? ""}`, /xoxb-/);
        return true;
      });
    assert.throws(() => openApi({ token: undefined }), /the provider has no token/);
  });

  it("say that Slack does not answer", async () => {
    slack.trouble.outage();
    await assert.rejects(read(api, "C000000001"), {
      code: "unreachable",
      message: /did not answer conversations\.info \(.+\)\. Check the connection/,
    });
  });
});

describe("a text of Slack", () => {
  it("is read as a person wrote it", () => {
    assert.equal(
      plainText("R&amp;D &lt;all&gt;, see <https://example.com/a?b=1|example.com> or <mailto:ops@example.com>"),
      "R&D <all>, see https://example.com/a?b=1 or mailto:ops@example.com",
    );
  });
});
