import assert from "node:assert/strict";
import { WebClient, type Logger } from "@slack/web-api";
import { SlackStandIn, WEBHOOK } from "./stand-in.ts";

const REQUEST_MS = 2_000;

const silent = {
  ...{ debug: () => undefined, info: () => undefined, warn: () => undefined, error: () => undefined },
  ...{ setLevel: () => undefined, setName: () => undefined },
} as unknown as Logger;

function clientOf(slack: SlackStandIn, token = slack.token): WebClient {
  return new WebClient(token, {
    ...{ slackApiUrl: slack.apiUrl, timeout: REQUEST_MS, logger: silent },
    ...{ retryConfig: { retries: 0 }, rejectRateLimitedCalls: true },
  });
}

function post(url: string, body: unknown): Promise<Response> {
  const headers = { "content-type": "application/json" };
  return fetch(url, { method: "POST", body: JSON.stringify(body), headers, signal: AbortSignal.timeout(REQUEST_MS) });
}

async function created(client: WebClient, name: string): Promise<string> {
  const { channel } = await client.conversations.create({ name });
  assert.ok(channel?.id);
  return channel.id;
}

/** The client's error for a refusal; it adds the metadata where the answer has none. */
const refused = (error: string, details: object = {}) => ({
  data: { ok: false, error, response_metadata: {}, ...details },
});

describe("the stand-in of Slack", () => {
  let slack: SlackStandIn;
  let client: WebClient;

  beforeEach(async () => {
    slack = await SlackStandIn.start();
    client = clientOf(slack);
  });

  afterEach(async () => {
    await slack[Symbol.asyncDispose]();
  });

  it("says what it is", async () => {
    const response = await fetch(slack.origin, { signal: AbortSignal.timeout(REQUEST_MS) });
    assert.match(await response.text(), /stand-in of Slack/);
    assert.match(response.headers.get("x-stand-in") ?? "", /not Slack/);
  });

  it("answers every method of a channel's life in the form that Slack publishes", async () => {
    const person = slack.workspace.addUser({ name: "ada", email: "ada@example.com" });
    const { user_id: bot } = await client.auth.test();
    const channel = await created(client, "deployments");
    await client.conversations.setTopic({ channel, topic: "What is deployed" });
    await client.conversations.setPurpose({ channel, purpose: "To see it" });
    await client.conversations.invite({ channel, users: person.id });
    const { members } = await client.conversations.members({ channel });
    assert.deepEqual(members, [bot, person.id]);
    await client.conversations.kick({ channel, user: person.id });
    await client.conversations.join({ channel });
    await client.conversations.rename({ channel, name: "releases" });
    const { channel: told } = await client.conversations.info({ channel, include_num_members: true });
    assert.equal(told?.name, "releases");
    assert.equal(told.topic?.value, "What is deployed");
    assert.equal(told.num_members, 1);
    await client.conversations.archive({ channel });
    const { channels } = await client.conversations.list({ exclude_archived: true });
    assert.deepEqual(
      channels?.map(({ name }) => name),
      ["general"],
    );
    await client.users.list({});
    await client.users.info({ user: person.id });
    const { user } = await client.users.lookupByEmail({ email: "ada@example.com" });
    assert.equal(user?.id, person.id);
    assert.deepEqual(slack.violations, []);
  });

  it("keeps messages with their threads, metadata and updates", async () => {
    const channel = await created(client, "deployments");
    const metadata = { event_type: "release", event_payload: { id: "r-1" } };
    const { ts } = await client.chat.postMessage({ channel, text: "10 %", metadata });
    assert.ok(ts);
    await client.chat.postMessage({ channel, text: "detail", thread_ts: ts });
    const blocks = [{ type: "section", text: { type: "mrkdwn", text: "*50 %*" } }];
    await client.chat.update({ channel, ts, text: "50 %", blocks });

    const { messages } = await client.conversations.history({ channel, include_all_metadata: true });
    assert.deepEqual(
      messages?.map(({ text, metadata: kept, edited }) => ({ text, metadata: kept, isEdited: edited !== undefined })),
      [{ text: "50 %", metadata, isEdited: true }],
    );
    const { messages: thread } = await client.conversations.replies({ channel, ts });
    assert.deepEqual(
      thread?.map(({ text }) => text),
      ["50 %", "detail"],
    );
    assert.deepEqual(slack.violations, []);
  });

  it("lists by pages, each with the cursor of the next", async () => {
    for (const name of ["one", "two", "three"]) await created(client, name);
    slack.workspace.largestPage = 2;
    const names: (string | undefined)[] = [];
    for await (const page of client.paginate("conversations.list"))
      names.push(...((page as { channels?: { name?: string }[] }).channels ?? []).map(({ name }) => name));
    assert.deepEqual(names, ["general", "one", "two", "three"]);
    assert.equal(slack.requests.filter(({ method }) => method === "conversations.list").length, 2);
  });

  it("refuses in Slack's words", async () => {
    const ada = slack.workspace.addUser({ name: "ada" });
    const hidden = slack.workspace.addConversation({ name: "hidden", isPrivate: true });
    const open = slack.workspace.addConversation({ name: "open" });
    const { user_id: self = "" } = await client.auth.test();
    const channel = await created(client, "deployments");
    const { conversations, chat } = client;
    await assert.rejects(conversations.create({ name: "deployments" }), refused("name_taken"));
    await assert.rejects(conversations.create({ name: "hidden" }), refused("name_taken"));
    await assert.rejects(conversations.create({ name: "Not Allowed" }), refused("invalid_name_specials"));
    await assert.rejects(conversations.info({ channel: "C000000999" }), refused("channel_not_found"));
    await assert.rejects(conversations.info({ channel: hidden.id }), refused("channel_not_found"));
    await assert.rejects(conversations.setTopic({ channel: open.id, topic: "x" }), refused("not_in_channel"));
    await assert.rejects(conversations.setTopic({ channel, topic: "x".repeat(251) }), refused("too_long"));
    await assert.rejects(chat.postMessage({ channel: open.id, text: "x" }), refused("not_in_channel"));
    await assert.rejects(chat.postMessage({ channel, text: "" }), refused("no_text"));
    await assert.rejects(conversations.kick({ channel, user: self }), refused("cant_kick_self"));
    const errors = (user: string, error: string) => refused(error, { errors: [{ user, ok: false, error }] });
    await assert.rejects(conversations.invite({ channel, users: self }), errors(self, "cant_invite_self"));
    await assert.rejects(conversations.invite({ channel, users: "U999" }), errors("U999", "user_not_found"));
    await conversations.invite({ channel, users: ada.id });
    await assert.rejects(conversations.invite({ channel, users: ada.id }), errors(ada.id, "already_in_channel"));
    await conversations.archive({ channel });
    await assert.rejects(conversations.archive({ channel }), refused("already_archived"));
    await assert.rejects(chat.postMessage({ channel, text: "x" }), refused("is_archived"));
    await assert.rejects(conversations.unarchive({ channel }), refused("not_in_channel"));
    assert.deepEqual(slack.violations, []);
  });

  it("knows tokens and their scopes", async () => {
    slack.workspace.addToken("xoxb-narrow", slack.workspace.addUser({ name: "narrow", isBot: true }), [
      "channels:read",
    ]);
    await assert.rejects(clientOf(slack, "xoxb-wrong").auth.test(), refused("invalid_auth"));
    await assert.rejects(new WebClient(undefined, { slackApiUrl: slack.apiUrl }).auth.test(), refused("not_authed"));
    await assert.rejects(
      clientOf(slack, "xoxb-narrow").conversations.create({ name: "x" }),
      refused("missing_scope", { needed: "channels:manage", provided: "channels:read" }),
    );
    assert.deepEqual(slack.violations, []);
  });

  it("records and refuses what does not fit the published schema", async () => {
    await post(`${slack.apiUrl}conversations.explode`, {});
    await post(`${slack.apiUrl}conversations.setTopic`, { channel: "C000000001" });
    await post(`${slack.apiUrl}conversations.create`, { name: "x", is_private: "perhaps", colour: "red" });
    await post(`${slack.apiUrl}conversations.info`, { channel: "C000000001" });
    await post(slack.webhookUrl("alerts"), { message: "x" });
    assert.deepEqual(slack.violations, [
      "conversations.explode: unknown_method",
      "conversations.setTopic: invalid_arguments, [ERROR] missing required field: topic",
      "conversations.create: invalid_arguments, [ERROR] must be of the type boolean: is_private, [ERROR] unknown field: colour",
      "conversations.info: invalid_arguments, [ERROR] takes a form, not JSON",
      "webhook: unknown field: message",
    ]);
    assert.equal(slack.workspace.named("x"), undefined);
  });

  it("holds blocks to Block Kit's limits", async () => {
    const channel = await created(client, "deployments");
    const blocks = [{ type: "header", text: { type: "plain_text", text: "x".repeat(151) } }];
    await assert.rejects(client.chat.postMessage({ channel, text: "x", blocks }), {
      message: /invalid_blocks/,
    });
  });

  it("takes what incoming webhooks are sent, and answers as they do", async () => {
    const url = slack.webhookUrl("alerts");
    const answer = await post(url, { channel: "#alerts", username: "Alertmanager", attachments: [{ text: "firing" }] });
    assert.equal(await answer.text(), "ok");
    assert.deepEqual(slack.workspace.named("alerts")?.messages[0]?.attachments, [{ text: "firing" }]);
    const form = new URLSearchParams({ payload: JSON.stringify({ text: "as a form" }) });
    const formAnswer = await fetch(url, { method: "POST", body: form, signal: AbortSignal.timeout(REQUEST_MS) });
    assert.equal(await formAnswer.text(), "ok");
    const unknown = await post(`${slack.origin}/services/T0/B0/none`, { text: "x" });
    assert.deepEqual([unknown.status, await unknown.text()], [404, "no_service"]);
    assert.equal((await post(url, { text: "" })).status, 400);
    assert.deepEqual(slack.violations, []);
  });

  it("meets the trouble that was planned, in its order and for its methods alone", async () => {
    const channel = await created(client, "deployments");
    const say = (text: string) => client.chat.postMessage({ channel, text });
    slack.trouble.next(1, { kind: "status", status: 500 }, "chat.postMessage");
    slack.trouble.next(1, { kind: "rateLimited", retryAfterSeconds: 7 }, "chat.postMessage");
    slack.trouble.next(1, { kind: "dropped", accepted: true }, "chat.postMessage");
    slack.trouble.next(1, { kind: "dropped", accepted: false }, "chat.postMessage");
    await client.auth.test();
    await assert.rejects(say("500"), { statusCode: 500 });
    await assert.rejects(say("429"), { retryAfter: 7 });
    await assert.rejects(say("accepted"), { code: "slack_webapi_request_error" });
    await assert.rejects(say("lost"), { code: "slack_webapi_request_error" });
    await say("fine");
    const texts = slack.workspace.named("deployments")?.messages.map(({ text }) => text);
    assert.deepEqual(texts, ["accepted", "fine"]);
    assert.equal(slack.requests.filter(({ method }) => method === "chat.postMessage").length, 5);
  });

  it("does not answer at all when it is silent, and is deaf until the end of an outage", async () => {
    const url = slack.webhookUrl("alerts");
    slack.trouble.next(1, { kind: "silent", accepted: true }, WEBHOOK);
    const form = new URLSearchParams({ payload: JSON.stringify({ text: "x" }) });
    const patience = AbortSignal.timeout(100);
    await assert.rejects(fetch(url, { method: "POST", body: form, signal: patience }), /timeout/);
    assert.equal(slack.workspace.named("alerts")?.messages.length, 1);
    slack.trouble.outage();
    await assert.rejects(client.auth.test(), { code: "slack_webapi_request_error" });
    await assert.rejects(post(url, { text: "x" }), /fetch failed/);
    slack.trouble.restore();
    assert.equal((await post(url, { text: "x" })).status, 200);
  });
});
