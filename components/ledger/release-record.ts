import { z } from "zod";
import { slotNames } from "../names/slot-name.ts";
import { queryTotals } from "./counts.ts";
import { open, withUnknownWords, withUnreadParts, type Words } from "./open.ts";

export const timestamp = z.iso.datetime().describe("when, in UTC");
export const templateDigest = z.string().min(1).describe("digest of the pod template");

/** Where a release can be. The table in `delivery/release/state-machine.ts` says how it gets from one to the other. */
export const phases = [
  "preparing",
  "waiting-ready",
  "smoking",
  "shifting",
  "confirming",
  "measuring",
  "awaiting-approval",
  "smoking-public",
  "soaking",
  "finishing",
  "stepping-back",
  "held",
  "returning",
  "confirming-return",
  "quarantining",
  "scaling-down",
  "released",
  "rolled-back",
  "aborted",
] as const;

/** Phases after which a release is over. */
export const finalPhases = ["released", "rolled-back", "aborted"] as const satisfies readonly (typeof phases)[number][];

/** Why a release was taken back or is held; the label `reason` of `deployment_rollback_total`. */
export const reasons = [
  "smoke_test_failed",
  "high_error_rate",
  "high_latency",
  "metric_breached",
  "pods_restarted",
  "not_ready",
  "pods_unavailable",
  "active_slot_lost",
  "metrics_unavailable",
  "no_traffic",
  "too_few_requests",
  "shared_fault",
  "shift_not_confirmed",
  "watch_lost",
  "approval_timeout",
  "converge_failed",
  "manual",
  "superseded",
  "releaser_lost",
  "internal_error",
] as const;

const modes = ["canary", "hotfix"] as const;
const outcomes = [...finalPhases, "baseline"] as const;

const percent = z.int().min(0).max(100);
/** What a newer version has that this one does not know counts as what this one does least about. */
const words = {
  /** Nothing moves before a person decides, and a rollback can be asked for. */
  phase: { known: phases, substitute: "held" },
  /** Blames nobody. */
  reason: { known: reasons, substitute: "internal_error" },
  mode: { known: modes, substitute: "canary" },
  /** It never served. */
  outcome: { known: outcomes, substitute: "aborted" },
} as const;

/** JSON of any depth, taken as it is. */
const anyJson = z.custom<z.core.util.JSONType>((value) => value !== undefined, "it is missing");

const cause = withUnknownWords(open({ reason: z.enum(reasons), detail: z.string() }), { reason: words.reason });

const state = withUnknownWords(
  open({
    phase: z.enum(phases),
    step: z.int().min(0).describe("index of the plan's step that is under way"),
    percent: percent.describe(
      "of the traffic that may be on the candidate: what was decided last, whether or not it was carried out",
    ),
    judged: percent.describe("of the last step whose verdict allowed going on; a hold returns to it"),
    warned: z.array(z.string()).describe("metrics that breached under a policy `warn`"),
    cause: cause.exactOptional().describe("why it went back, or is held"),
    candidateStays: z
      .boolean()
      .exactOptional()
      .describe("the candidate may still be needed after the rollback, so its pods are left running"),
    activeStays: z
      .boolean()
      .exactOptional()
      .describe(
        "a rollback was asked for after the soak, so the pods that the slot which served before still has are left running",
      ),
    rolledBackFrom: percent
      .exactOptional()
      .describe("the candidate's weight when the rollback began; absent where no user was on it"),
    rollbackVerified: z.boolean().exactOptional().describe("whether all traffic was seen on the active slot again"),
    withdraws: z
      .boolean()
      .exactOptional()
      .describe("users rolled it back, so its template is not staged again by itself"),
  }),
  { phase: words.phase },
);

const journalEntry = withUnknownWords(
  open({
    seq: z.int().min(1),
    at: timestamp,
    phase: z.enum(phases).describe("the phase that this line leads to"),
    step: z.int().min(0),
    percent,
    event: z.string().min(1),
    detail: z.string(),
    evidence: anyJson.exactOptional().describe("what the verdict was made of; dropped first when the ledger grows"),
  }),
  { phase: words.phase },
);

/** What people asked of a release under way, by way of the ledger. */
const requestKinds = ["approve", "abort", "supersede", "resume"] as const;
const personsRequest = withUnknownWords(
  z.union([
    open({ kind: z.literal("approve"), seq: z.int(), at: timestamp, by: z.string(), step: z.int().min(0) }),
    open({ kind: z.literal("abort"), seq: z.int(), at: timestamp, by: z.string(), reason: z.string() }),
    open({ kind: z.literal("supersede"), seq: z.int(), at: timestamp, by: z.string(), reason: z.string() }),
    open({
      kind: z.literal("resume"),
      seq: z.int(),
      at: timestamp,
      by: z.string(),
      heldAt: z.int().describe("seq of the line that held it"),
    }),
    /** Of a newer version. */
    open({ kind: z.literal("unknown"), seq: z.int() }),
  ]),
  { kind: { known: requestKinds, substitute: "unknown" } },
);

const staged = {
  slot: z.enum(slotNames),
  template: templateDigest,
  version: z.string(),
  image: z.string(),
};

/** A commit on its way to users. */
export const change = open({
  commit: z.string().regex(/^[0-9a-f]{7,64}$/),
  author: z.string().min(1).exactOptional(),
  message: z.string().min(1).exactOptional().describe("its first line"),
  committedAt: timestamp.exactOptional(),
  repository: z.string().min(1).exactOptional().describe("owner/name"),
  run: z
    .url({ protocol: /^https?$/ })
    .exactOptional()
    .describe("the workflow run that releases it"),
});

/** An autoscaler whose minimum a release has raised. */
const heldMinimum = open({
  kind: z.string().min(1).describe("HorizontalPodAutoscaler or ScaledObject"),
  name: z.string().min(1),
  before: z.int().min(0).nullable().describe("what it is given back; null: it said nothing"),
  maximum: z.int().min(0).exactOptional().describe("its maximum at that time @default not known"),
  set: z.array(z.int().min(0)).describe("what the release has set it to; anything else is somebody's own"),
});
const heldMinima = z.array(heldMinimum);

const common = {
  id: z.string().min(1),
  ...staged,
  startedAt: timestamp,
  startedBy: z.string(),
  change: change.exactOptional().describe("what is released, in terms of its source @default not known"),
  mode: z.enum(modes),
  insteadOf: z
    .string()
    .min(1)
    .exactOptional()
    .describe("the image that the stack's file named, where another one was released in its place"),
  rollback: z.string().exactOptional().describe("why users rolled back what served, by a release of a kept version"),
  hotfix: z.string().exactOptional().describe("why the canary's waits were skipped"),
  emergency: z
    .boolean()
    .exactOptional()
    .describe("a kept version gets all traffic at once, because what serves is broken @default false"),
  from: open(staged).describe("what served when it began"),
  state,
  journal: z.array(journalEntry),
  plan: anyJson.describe("the release plan in effect when it began"),
  podTemplate: anyJson.describe("what the slot ran, so that it can be staged again"),
  basis: z
    .record(z.string(), z.string())
    .exactOptional()
    .describe("fingerprints of what it is judged by, by the names of the objects, as it was when it began"),
  queries: queryTotals.exactOptional().describe("what its releasers asked of Prometheus"),
  minima: heldMinima
    .exactOptional()
    .describe("autoscalers whose minimum it has raised and not given back @default none"),
};

/** A release under way. Keys that this version does not know are kept. */
export const releaseUnderWay = ofNewer(z.looseObject({ ...common, requests: z.array(personsRequest) }));

/** A release that is over: `journal` keeps less with age, and what belongs to going back to it is there for the newest only. */
export const pastRelease = ofNewer(
  z.looseObject({
    ...common,
    endedAt: timestamp,
    outcome: z.enum(outcomes).describe("`baseline`: it came up with the environment and served before any release"),
    plan: common.plan.exactOptional(),
    podTemplate: common.podTemplate.exactOptional(),
  }),
  { outcome: words.outcome },
);

function ofNewer<T extends object>(schema: z.ZodType<T>, more: Readonly<Record<string, Words>> = {}): z.ZodType<T> {
  return withUnreadParts(withUnknownWords(schema, { mode: words.mode, ...more }), {
    change,
    queries: queryTotals,
    minima: heldMinima,
  });
}

export type Change = Readonly<z.output<typeof change>>;
export type Phase = (typeof phases)[number];
export type FinalPhase = (typeof finalPhases)[number];
export type Reason = (typeof reasons)[number];
/** Why, for machines (`reason`) and for people (`detail`). */
export type Cause = Readonly<z.output<typeof cause>>;
/** Small, plain data. Acting on a state is idempotent, so a release resumes by acting on its state again. */
export type ReleaseState = Readonly<z.output<typeof state>>;
/** One line of a release's journal: a transition that was decided, before it was acted on. */
export type JournalEntry = Readonly<z.output<typeof journalEntry>>;
export type PersonsRequest = Readonly<z.output<typeof personsRequest>>;
export type HeldMinimum = Readonly<z.output<typeof heldMinimum>>;
export type ReleaseUnderWay = z.output<typeof releaseUnderWay>;
export type PastRelease = z.output<typeof pastRelease>;

/** Whether it came to serve users: what did can be gone back to, as long as its template is kept. */
export function hasServed({ outcome }: Pick<PastRelease, "outcome">): boolean {
  return outcome === "released" || outcome === "baseline";
}
