/** What a channel is to be, after {@link check}. */
export interface ConversationInputs {
  readonly name: string;
  /** Absent: as it is in Slack. */
  readonly topic?: string;
  /** Absent: as it is in Slack. */
  readonly purpose?: string;
  readonly isPrivate: boolean;
  readonly isArchived: boolean;
  readonly permanentMembers: readonly string[];
  readonly actionOnDestroy: "archive" | "none";
  readonly actionOnUpdatePermanentMembers: "kick" | "none";
  readonly adoptExistingChannel: boolean;
}

/** What a channel is, as the engine keeps it. */
export interface ConversationOutputs extends ConversationInputs {
  /** Seconds since the epoch. */
  readonly created: number;
  /** User id. */
  readonly creator: string;
  readonly isGeneral: boolean;
  readonly isShared: boolean;
  readonly isExtShared: boolean;
  readonly isOrgShared: boolean;
}

export interface Failure {
  readonly property: string;
  readonly reason: string;
}

export interface Checked {
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly failures: Failure[];
}

/** Stands in a preview for a value that is not known yet: `unknownValue` of Pulumi's engine protocol. */
const UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What is meant where nothing is said: nobody is removed, and nothing is archived or taken over. */
export const defaults = {
  isArchived: false,
  permanentMembers: [],
  actionOnDestroy: "none",
  actionOnUpdatePermanentMembers: "none",
  adoptExistingChannel: false,
} as const satisfies Partial<ConversationInputs>;

const TEXT_MAX = 250;

type Rule = readonly [isRight: (value: unknown) => boolean, allowed: string];

const isText = (value: unknown): boolean => typeof value === "string" && value.length <= TEXT_MAX;
const isFlag = (value: unknown): boolean => typeof value === "boolean";
const flag: Rule = [isFlag, "allowed: true, false"];
const text: Rule = [isText, `allowed: text of at most ${TEXT_MAX} characters`];

const rules: Readonly<Record<keyof ConversationInputs, Rule>> = {
  name: [
    (value) => typeof value === "string" && /^[\p{Ll}\p{Lo}\p{N}_-]{1,80}$/u.test(value) && /[\p{L}\p{N}]/u.test(value),
    "allowed: 1 to 80 lower-case letters, digits, - and _, without #",
  ],
  topic: text,
  purpose: text,
  isPrivate: flag,
  isArchived: flag,
  permanentMembers: [
    (value) => Array.isArray(value) && value.every((id) => id === UNKNOWN || isUserId(id)),
    "allowed: a list of member ids such as U0123456789",
  ],
  actionOnDestroy: [(value) => value === "archive" || value === "none", 'allowed: "archive", "none"'],
  actionOnUpdatePermanentMembers: [(value) => value === "kick" || value === "none", 'allowed: "kick", "none"'],
  adoptExistingChannel: flag,
};

const required: readonly string[] = ["name", "isPrivate"] satisfies (keyof ConversationInputs)[];

/** Fills in defaults, and says of each value that is wrong what is allowed. */
export function check(olds: Readonly<Record<string, unknown>>, news: Readonly<Record<string, unknown>>): Checked {
  const inputs: Readonly<Record<string, unknown>> = { ...defaults, ...news };
  const failures = Object.entries(rules).flatMap(([property, [isRight, allowed]]) => {
    const value = inputs[property];
    if (value === undefined) return required.includes(property) ? [{ property, reason: `required; ${allowed}` }] : [];
    if (value === UNKNOWN || isRight(value)) return [];
    return [{ property, reason: `${allowed}; not ${JSON.stringify(value)}` }];
  });
  return { inputs, failures: [...failures, ...privacyFailures(olds, inputs)] };
}

/** Said in the preview already: a replacement would fail, for the channel that it replaces keeps its name. */
function privacyFailures(
  olds: Readonly<Record<string, unknown>>,
  news: Readonly<Record<string, unknown>>,
): readonly Failure[] {
  if (!isFlag(olds.isPrivate) || !isFlag(news.isPrivate)) return [];
  if (olds.isPrivate === news.isPrivate || olds.name !== news.name) return [];
  const [from, to] = olds.isPrivate === true ? ["private", "public"] : ["public", "private"];
  return [
    {
      property: "isPrivate",
      reason:
        `Slack's API cannot make the ${from} channel #${String(news.name)} ${to}, and a new one cannot have its name. ` +
        "Give the new channel another name, or change the channel in Slack and refresh the stack.",
    },
  ];
}

function isUserId(value: unknown): boolean {
  return typeof value === "string" && /^[UW][A-Z0-9]{2,}$/.test(value);
}
