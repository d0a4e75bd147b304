// From "something is staged" to a release that the ledger knows.
import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import {
  hasServed,
  type Change,
  type PastRelease,
  type ReleaseUnderWay,
} from "../../components/ledger/release-record.ts";
import { otherSlot } from "../../components/names/slot-name.ts";
import { releasePlanSchema, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { withMessages } from "../notify/wanted.ts";
import { entryOf } from "./entry.ts";
import type { Candidate, SlotHealth } from "./ports.ts";
import { initialState, transition, type ReleaseEvent } from "./state-machine.ts";
import { emergencyPlan, hotfixPlan, type Subject } from "./subject.ts";

/** What was asked for by whoever started the releaser. */
export interface ReleaseRequest {
  /** Who, for people. */
  readonly by: string;
  /** The commit that it is of. @default that of an earlier release of the same template, if there was one */
  readonly change?: Change | undefined;
  /** The image that must be what is released. @default whatever is staged */
  readonly image?: string | undefined;
  /** The template that `pulumi up` said is staged. @default nobody has said so: what served before is not taken for staged */
  readonly staged?: string | undefined;
  /** Why the canary's waits are skipped. @default they are not */
  readonly hotfix?: string | undefined;
  /** Why what serves is rolled back, where a kept version is released in its place. @default it is an ordinary release */
  readonly rollback?: string | undefined;
  /** What serves is broken: the kept version gets all traffic at once. @default false */
  readonly emergency?: boolean | undefined;
  /** Why a different release that is under way is taken back first. @default it is not, and this one is refused */
  readonly supersede?: string | undefined;
}

export type Refusal =
  | "locked"
  | "different_release"
  | "quarantined"
  | "withdrawn"
  | "nothing_staged"
  | "not_the_image"
  | "no_release"
  | "routes_unknown"
  | "object_missing"
  | "not_allowed";

/** The release was refused before anything was changed (exit code 12). */
export class ReleaseRefusedError extends UserError {
  override readonly name = "ReleaseRefusedError";
  readonly refusal: Refusal;

  constructor(refusal: Refusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.refusal = refusal;
  }
}

/** The template was rolled back before (exit code 12). */
export class QuarantinedError extends ReleaseRefusedError {
  constructor({ template, release, at, reason }: Ledger["quarantine"][number], version: string) {
    super(
      "quarantined",
      `Template ${template}${version === template ? "" : ` (${version})`} is quarantined: release ${release} took it back at ${at} (${reason}).\n` +
        `Change the service, or lift it: atom quarantine lift ${template} --reason "…".`,
    );
  }
}

/** Users rolled the template back (exit code 12). */
export class WithdrawnError extends ReleaseRefusedError {
  constructor({ template, release, at, reason }: Ledger["quarantine"][number]) {
    super(
      "withdrawn",
      `Template ${template} was ${reason} (release ${release}, ${at}), and is not released again by itself.\n` +
        `Change the service, or lift it: atom quarantine lift ${template} --reason "…".`,
    );
  }
}

/** What is in the slots when a release is about to begin. */
export interface SlotsFound {
  readonly idle: SlotHealth;
  readonly active: SlotHealth;
  /** The pod templates, to be kept for a way back. */
  readonly templates: { readonly idle: unknown; readonly active: unknown };
}

/**
 * What is to be released. Throws a {@link ReleaseRefusedError}.
 *
 * @param prepared whether it was put into its slot, or `pulumi up` said that it is staged there, a moment ago
 */
export function chooseCandidate(
  ledger: Ledger,
  found: SlotsFound,
  request: ReleaseRequest,
  prepared = false,
): Candidate {
  const { service, active, quarantine } = ledger;
  const idle = otherSlot(active);
  const candidate = found.idle.staged;
  const entry = quarantine.find(({ template }) => template === candidate?.template);
  if (candidate !== undefined && entry !== undefined) throw new QuarantinedError(entry, candidate.version);
  const withdrawn = ledger.withdrawn?.find(({ template }) => template === candidate?.template);
  // Whoever rolls back to it asks for that very version.
  if (withdrawn !== undefined && request.rollback === undefined) throw new WithdrawnError(withdrawn);
  // A slot without pods holds what served before, and not what is to come.
  if (
    candidate === undefined ||
    found.idle.desiredReplicas === 0 ||
    candidate.template === found.active.staged?.template
  )
    throw new ReleaseRefusedError(
      "nothing_staged",
      `There is nothing to release: ${active} serves ${found.active.staged?.version ?? "an unknown version"} of ${service}, and no other version is staged in ${idle}.\n` +
        "Change the stack's configuration (or name an image with --image), so that `pulumi up` stages it.",
    );
  // Pods that a release could not take away, or that were started again, do not make it what is to come.
  if (!prepared && request.staged !== candidate.template && servedBefore(ledger, candidate))
    throw new ReleaseRefusedError(
      "nothing_staged",
      `There is nothing to release: ${active} serves ${found.active.staged?.version ?? "an unknown version"} of ${service}, and ${idle} holds ${candidate.version} (${candidate.template}), which served before and still has pods.\n` +
        "Where the stack's configuration asks for it again, release without --staged, so that `pulumi up` says so. To serve it again at once: atom rollback.",
    );
  if (request.image !== undefined && candidate.image !== request.image)
    throw new ReleaseRefusedError(
      "not_the_image",
      `${idle} holds ${candidate.image}, and not ${request.image}.\nBring the environment up with that image first.`,
    );
  return candidate;
}

/** By the records that are kept: a release records what served before it as well. */
function servedBefore({ releases }: Ledger, { template }: Candidate): boolean {
  return releases.some((release) => hasServed(release) && [release.template, release.from.template].includes(template));
}

export interface Opening {
  readonly candidate: Candidate;
  readonly found: SlotsFound;
  readonly plan: ReleasePlan;
  readonly request: ReleaseRequest;
  /** See {@link Subject.basis}. */
  readonly basis: Readonly<Record<string, string>>;
  /** In UTC, as the ledger has it. */
  readonly at: string;
}

/** The ledger with the release under way. Pure; the ledger must have none. */
export function opened(ledger: Ledger, { candidate, found, plan, request, basis, at }: Opening): Ledger {
  if (ledger.current !== null) throw new Error(`release ${ledger.current.id} is under way`);
  const sequence = ledger.sequence + 1;
  const from = found.active.staged ?? { slot: ledger.active, template: "unknown", version: "", image: "" };
  const event: ReleaseEvent = {
    type: "prepared",
    detail: `${candidate.version} (${candidate.template}) in ${candidate.slot}, after ${from.version} (${from.template}) in ${from.slot}`,
  };
  const emergency = request.emergency === true;
  const hotfix = request.hotfix ?? (emergency ? request.rollback : undefined);
  const followed = emergency ? emergencyPlan(plan) : hotfix === undefined ? plan : hotfixPlan(plan);
  const state = transition(initialState, event, followed);
  const change = request.change ?? changeOfEarlier(ledger, candidate);
  const current: ReleaseUnderWay = {
    id: `r${sequence}`,
    ...candidate,
    startedAt: at,
    startedBy: request.by,
    ...(change === undefined ? {} : { change }),
    mode: hotfix === undefined ? "canary" : "hotfix",
    ...(hotfix === undefined ? {} : { hotfix }),
    ...(emergency ? { emergency } : {}),
    ...(request.rollback === undefined ? {} : { rollback: request.rollback }),
    // `pulumi up` goes on staging this image for as long as the configuration names the other one.
    ...(plan.image === "" || plan.image === candidate.image ? {} : { insteadOf: plan.image }),
    from,
    state,
    journal: [entryOf(1, Date.parse(at), event, state)],
    plan: json(followed),
    podTemplate: json(found.templates.idle),
    basis,
    requests: [],
  };
  const known = ledger.releases.some(({ template }) => template === from.template);
  const baseline = known || from.template === "unknown" ? [] : [baselineOf(current, found, at)];
  return withMessages(ledger, { ...ledger, sequence, current, releases: [...ledger.releases, ...baseline] });
}

/** The commit that this template came from, without its time: it was on its way for as long as its first release took. */
function changeOfEarlier({ releases }: Ledger, { template }: Candidate): Change | undefined {
  const earlier = releases.find((release) => release.template === template)?.change;
  if (earlier === undefined) return undefined;
  const change = { ...earlier };
  delete change.committedAt;
  return change;
}

/** What served before the first release is a place to go back to as well. */
function baselineOf(
  { from, state, startedBy, plan }: ReleaseUnderWay,
  { templates }: SlotsFound,
  at: string,
): PastRelease {
  return {
    id: "r0",
    ...from,
    startedAt: at,
    endedAt: at,
    startedBy,
    mode: "canary",
    from,
    state: { ...state, phase: "released", percent: 100, judged: 100 },
    journal: [],
    plan,
    podTemplate: json(templates.active),
    outcome: "baseline",
  };
}

/** Whether a run with this request takes up the release under way, as opposed to wanting another one. */
export function isSameRelease(current: ReleaseUnderWay, { image, hotfix }: ReleaseRequest): boolean {
  return (image === undefined || image === current.image) && (hotfix === undefined || current.mode === "hotfix");
}

/**
 * What the release under way is about.
 *
 * @param published used where the release's own plan is of a form that this version does not know
 */
export function subjectOf(current: ReleaseUnderWay, published: ReleasePlan): Subject {
  const plan = releasePlanSchema.safeParse(current.plan);
  const { id, slot, template, version, image, from, hotfix, emergency, basis } = current;
  return {
    id,
    candidate: { slot, template, version, image },
    active: from.slot,
    plan: plan.success ? plan.data : published,
    hotfix,
    emergency,
    basis,
  };
}

function json(value: unknown): ReleaseUnderWay["plan"] {
  return JSON.parse(JSON.stringify(value ?? null)) as ReleaseUnderWay["plan"];
}
