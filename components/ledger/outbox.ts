import { z } from "zod";
import { open, withUnknownWords } from "./open.ts";

/** What can be told of a release, each by the channel that tells it. */
export const messageKinds = [
  "slack-message",
  "slack-alert",
  "slack-line",
  "slack-end",
  "github-deployment",
  "github-issue",
  "github-recovery",
  "grafana-annotation",
  "grafana-dashboards",
  /** Of a newer version: kept for one that can send it. */
  "unknown",
] as const;

const timestamp = z.iso.datetime();
const line = z.int().min(1).describe("seq of a line of the release's journal");

/** How long a remark about what went wrong may be, in characters. */
export const longestProblem = 300;

const outgoing = withUnknownWords(
  open({
    id: z.string().min(1).describe("`<release>/<channel>/<what>`: what is told twice under one id is told once"),
    release: z.string().min(1),
    kind: z.enum(messageKinds),
    line: line.exactOptional().describe("the line that it is about, where it is about one"),
    wanted: line.describe("how far into the journal it is to tell"),
    told: line.exactOptional().describe("how far it has told"),
    reference: z
      .record(z.string(), z.union([z.string(), z.number()]))
      .exactOptional()
      .describe("where it is by now: a message's channel and time, an issue's number"),
    attempts: z.int().min(0).describe("that failed since something new was to be told"),
    notBefore: timestamp.describe("the next attempt is not made before"),
    deadline: timestamp.describe("after it nobody tries any more"),
    claim: open({ by: z.string().min(1), until: timestamp })
      .exactOptional()
      .describe("who is sending it; free again after `until`"),
    uncertain: z
      .boolean()
      .exactOptional()
      .describe("an attempt may have come through: look before it is sent again @default false"),
    problem: z.string().max(longestProblem).exactOptional().describe("why the last attempt failed"),
  }),
  { kind: { known: messageKinds, substitute: "unknown" } },
);

/** What is to be told of releases, and where what was told is. Texts are not kept: they are made from the releases' records. */
export const outbox = open({
  messages: z
    .array(outgoing)
    .describe("the oldest first; those with `told` below `wanted`, or without it, are still to be sent"),
  givenUp: z
    .array(open({ id: z.string().min(1), at: timestamp, problem: z.string().max(longestProblem) }))
    .describe("what was never sent, the newest first"),
});

export type MessageKind = (typeof messageKinds)[number];
export type Outgoing = Readonly<z.output<typeof outgoing>>;
export type Reference = NonNullable<Outgoing["reference"]>;
export type Outbox = z.output<typeof outbox>;
export type GivenUp = Readonly<Outbox["givenUp"][number]>;

export function emptyOutbox(): Outbox {
  return { messages: [], givenUp: [] };
}
