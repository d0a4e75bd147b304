import type { ArgumentType } from "./published.ts";

// The published schema is of 2021. Everything that this project uses and that Slack has documented since is here, and nowhere else.

/** Arguments by method. */
export const newArguments: Readonly<Record<string, Readonly<Record<string, ArgumentType>>>> = {
  // https://docs.slack.dev/reference/methods/chat.postMessage
  "chat.postMessage": { metadata: "string", markdown_text: "string" },
  // https://docs.slack.dev/reference/methods/chat.update
  "chat.update": { metadata: "string", markdown_text: "string", reply_broadcast: "boolean" },
  // https://docs.slack.dev/reference/methods/conversations.history
  "conversations.history": { include_all_metadata: "boolean" },
  // https://docs.slack.dev/reference/methods/conversations.replies
  "conversations.replies": { include_all_metadata: "boolean" },
  // https://docs.slack.dev/reference/methods/conversations.invite
  "conversations.invite": { force: "boolean" },
  // For a token of a whole organisation: https://docs.slack.dev/reference/methods/conversations.create
  "conversations.create": { team_id: "string" },
  // https://docs.slack.dev/reference/methods/conversations.list
  "conversations.list": { team_id: "string" },
};

/** Arguments that the documentation marks as required, and the published schema does not: https://docs.slack.dev/reference/methods */
export const requiredArguments: Readonly<Record<string, readonly string[]>> = {
  "conversations.archive": ["channel"],
  "conversations.create": ["name"],
  "conversations.history": ["channel"],
  "conversations.info": ["channel"],
  "conversations.invite": ["channel", "users"],
  "conversations.join": ["channel"],
  "conversations.kick": ["channel", "user"],
  "conversations.members": ["channel"],
  "conversations.rename": ["channel", "name"],
  "conversations.replies": ["channel", "ts"],
  "conversations.setPurpose": ["channel", "purpose"],
  "conversations.setTopic": ["channel", "topic"],
  "conversations.unarchive": ["channel"],
  "users.info": ["user"],
};

/** Errors that any method may answer with today: https://docs.slack.dev/reference/methods/auth.test */
export const commonErrors: readonly string[] = [
  "fatal_error",
  "internal_error",
  "invalid_arguments",
  "missing_scope",
  "ratelimited",
  "token_expired",
  "token_revoked",
];

/** Errors by method. */
export const newErrors: Readonly<Record<string, readonly string[]>> = {
  "chat.postMessage": ["cannot_reply_to_message", "invalid_blocks", "invalid_metadata_format", "restricted_action"],
  "chat.update": ["invalid_blocks", "invalid_metadata_format"],
  "conversations.history": ["invalid_cursor", "not_in_channel"],
  "conversations.list": ["invalid_cursor", "invalid_limit", "invalid_types"],
  "conversations.replies": ["invalid_cursor", "not_in_channel"],
  // A bot leaves a channel with its archiving, so that it cannot open it again: a token of a person is needed.
  "conversations.unarchive": ["not_in_channel", "restricted_action"],
};

/** Why a request was refused: https://docs.slack.dev/apis/web-api (the list of messages, and the scopes of `missing_scope`). */
export const failureProperties = {
  response_metadata: { type: "object" },
  needed: { type: "string" },
  provided: { type: "string" },
};

const paging = { type: "object", properties: { next_cursor: { type: "string" } }, required: ["next_cursor"] };
const messages = { type: "array", items: { $ref: "#/definitions/objs_message" } };
const answerOf = (method: string) => ["paths", `/${method}`, "get", "responses", "200", "schema", "properties"];

/** What answers have today in other places or forms: where, and what is there now. */
export const answerChanges: readonly { readonly at: readonly string[]; readonly schema: object }[] = [
  // https://docs.slack.dev/messaging/message-metadata
  { at: ["definitions", "objs_message", "properties", "metadata"], schema: { type: "object" } },
  // https://docs.slack.dev/reference/events/message/message_changed
  { at: ["definitions", "objs_message", "properties", "edited"], schema: { type: "object" } },
  // Attachments were images alone: https://docs.slack.dev/legacy/legacy-messaging/legacy-secondary-message-attachments
  {
    at: ["definitions", "objs_message", "properties", "attachments"],
    schema: { type: "array", items: { type: "object" } },
  },
  // Blocks come back as they were sent, as an array.
  {
    at: [
      ...["paths", "/chat.update", "post", "responses", "200", "schema"],
      ...["properties", "message", "properties", "blocks"],
    ],
    schema: { $ref: "#/definitions/blocks" },
  },
  // A channel may be without messages, and without members.
  { at: [...answerOf("conversations.history"), "messages"], schema: messages },
  { at: [...answerOf("conversations.history"), "response_metadata"], schema: paging },
  {
    at: [...answerOf("conversations.members"), "members"],
    schema: { type: "array", items: { $ref: "#/definitions/defs_user_id" }, uniqueItems: true },
  },
  // The messages of a thread are like all others.
  { at: [...answerOf("conversations.replies"), "messages"], schema: messages },
  { at: [...answerOf("conversations.replies"), "response_metadata"], schema: paging },
];
