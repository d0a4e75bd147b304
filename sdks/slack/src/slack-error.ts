const APPS = "https://api.slack.com/apps";

/** Answers of Slack to a token that is none, or is none any more. */
const refusedTokens: readonly string[] = [
  ...["account_inactive", "invalid_auth", "not_authed", "not_allowed_token_type"],
  ...["token_expired", "token_revoked"],
];

/** What to do about an answer of Slack, by its error. */
const remedies: Readonly<Record<string, string>> = {
  channel_not_found: "The channel is gone, or it is private and the app is not in it: invite the app to it.",
  is_archived: "The channel is archived: set isArchived to false, or unarchive it in Slack.",
  no_permission: "The app's token may not do this in this workspace: ask an admin of the workspace.",
  not_authorized: "Only who created the channel, or an admin, may do this.",
  not_in_channel: "The app is not in the channel: invite it there (/invite in Slack).",
  restricted_action: "A setting of the workspace forbids it to the app: ask an admin of the workspace.",
  user_not_found:
    "A member is an id such as U0123456789 of somebody in this workspace (in Slack: profile, Copy member ID).",
};

/** A request that Slack refused, or did not answer. Its message says what to do, and never holds the token. */
export class SlackError extends Error {
  override readonly name = "SlackError";
  /** Slack's name of the error, such as `name_taken`; `unreachable`, `ratelimited` and `http_<status>` are ours. */
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
    // Pulumi prints the stack of what a provider throws; to who has to correct a value it says nothing.
    this.stack = `${this.name}: ${message}`;
  }
}

/** What else Slack says of a refusal. */
export interface Refusal {
  readonly error: string;
  /** The scope that the token lacks. */
  readonly needed?: string | undefined;
  /** The scopes that it has. */
  readonly provided?: string | undefined;
  /** The members that are at fault, each with its error. */
  readonly errors?: readonly { readonly user?: string; readonly error?: string }[] | undefined;
}

/** The error for a refusal of a method. */
export function refused(method: string, refusal: Refusal): SlackError {
  const { error } = refusal;
  if (refusedTokens.includes(error))
    return new SlackError(
      error,
      `Slack does not accept the token (${error}). Copy the Bot User OAuth Token of your app (${APPS}, OAuth & Permissions), ` +
        "set it as the secret that the provider's token comes from, and run again.",
    );
  if (error === "missing_scope")
    return new SlackError(
      error,
      `the token lacks the scope ${refusal.needed ?? "(not named)"}, which ${method} needs; it has ${refusal.provided ?? "(not named)"}. ` +
        `Add the scope to your app (${APPS}, OAuth & Permissions), reinstall the app, and run again.`,
    );
  const users = (refusal.errors ?? []).map((each) => `${each.user ?? "?"}: ${each.error ?? "?"}`);
  const about = users.length === 0 ? "" : ` (${users.join(", ")})`;
  const remedy = remedies[error];
  return new SlackError(
    error,
    `Slack refused ${method}: ${error}${about}.${remedy === undefined ? ` See https://docs.slack.dev/reference/methods/${method}` : ` ${remedy}`}`,
  );
}
