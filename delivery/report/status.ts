import { servingRelease, type Ledger } from "../../components/ledger/ledger.ts";
import { isUnread, wordOf } from "../../components/ledger/open.ts";
import type { ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { slotName } from "../../components/names/names.ts";
import type { BySlot, SlotName } from "../../components/names/slot-name.ts";
import { releasePlanSchema } from "../../components/release-plan/release-plan.ts";
import { adviceOf, command } from "./advice.ts";
import { seconds } from "./figures.ts";
import { targetLines, targetsOf, type Targets } from "./history.ts";
import { notToldLines, notToldOf, type NotTold } from "./not-told.ts";
import { storyOf, type Version } from "./story.ts";
import { Page, type Cell, type TerminalOptions } from "./terminal.ts";
import { waitsFor } from "./waits-for.ts";

const mostNotTold = 5;

/** What is known of an environment. Whatever could not be looked at is left out, and said to be unknown. */
export interface StatusFacts {
  readonly ledger: Ledger;
  readonly environment: string;
  /** Instant, milliseconds since the Unix epoch. */
  readonly now: number;
  /** Percent of the traffic by slot, as the router has it. */
  readonly weights?: BySlot<number> | undefined;
  readonly slots?: BySlot<SlotFacts> | undefined;
  /** Keys of secrets whose values differ between the slots' templates. @default none that is known */
  readonly changedSecrets?: readonly string[] | undefined;
  /** Who holds the lease; `null` when nobody does. */
  readonly holder?: string | null | undefined;
}

export interface SlotFacts {
  /** `undefined` when nothing is staged. */
  readonly staged: Omit<Version, "slot"> | undefined;
  readonly readyReplicas: number;
  readonly desiredReplicas: number;
}

/** What `atom status --json` answers. */
export interface Status {
  readonly environment: string;
  readonly service: string;
  readonly active: { readonly slot: SlotName; readonly version: string | null; readonly release: string | null };
  readonly weights: BySlot<number> | null;
  readonly slots: BySlot<SlotFacts> | null;
  readonly release: ReleaseStatus | null;
  readonly holder: string | null;
  /** Keys of secrets whose values differ between the slots, where both have pods. */
  readonly changedSecrets: readonly string[];
  readonly quarantined: readonly { readonly template: string; readonly reason: string; readonly release: string }[];
  readonly targets: Targets;
  readonly notifications: NotTold;
  /** What is worth a look, a sentence each. */
  readonly problems: readonly string[];
  readonly next: readonly string[];
}

/** The release that is under way. */
export interface ReleaseStatus {
  readonly id: string;
  readonly version: string;
  readonly slot: SlotName;
  readonly mode: "canary" | "hotfix";
  readonly by: string;
  readonly phase: string;
  readonly step: number;
  readonly steps: number | null;
  readonly percent: number;
  readonly reason: string | null;
  readonly detail: string | null;
  readonly sinceSeconds: number;
  readonly waitsFor: string;
}

/** Puts together how an environment is. Pure. */
export function statusOf(facts: StatusFacts): Status {
  const { ledger, environment, now, weights, slots, holder, changedSecrets = [] } = facts;
  const { current, service, active } = ledger;
  const serving = servingRelease(ledger);
  return {
    environment,
    service,
    active: {
      slot: active,
      version: serving?.version ?? slots?.[active].staged?.version ?? null,
      release: serving?.id ?? null,
    },
    weights: weights ?? null,
    slots: slots ?? null,
    release: current && releaseStatus(current, now),
    holder: holder ?? null,
    changedSecrets: Object.values(slots ?? {}).some(({ desiredReplicas }) => desiredReplicas === 0)
      ? []
      : changedSecrets,
    quarantined: ledger.quarantine.map(({ template, reason, release }) => ({ template, reason, release })),
    targets: targetsOf(ledger),
    notifications: notToldOf(ledger),
    problems: problemsOf(facts),
    next: nextOf(facts),
  };
}

function releaseStatus(current: ReleaseUnderWay, now: number): ReleaseStatus {
  const { id, version, slot, mode, startedBy, startedAt, state } = current;
  const plan = releasePlanSchema.safeParse(current.plan);
  return {
    id,
    version,
    slot,
    mode,
    by: startedBy,
    phase: wordOf(state, "phase"),
    step: state.step,
    steps: plan.success ? plan.data.steps.length : null,
    percent: state.percent,
    reason: state.cause === undefined ? null : wordOf(state.cause, "reason"),
    detail: state.cause?.detail ?? null,
    sinceSeconds: Math.max(0, (now - Date.parse(startedAt)) / 1000),
    waitsFor: waitsFor(current, now),
  };
}

function problemsOf({ ledger, weights, slots, holder }: StatusFacts): readonly string[] {
  const { current, active } = ledger;
  const idle = active === "blue" ? "green" : "blue";
  const allowed = current?.state.percent ?? 0;
  return [
    ...(current !== null && current.state.phase !== "held" && holder === null
      ? [`Release ${current.id} is ${current.state.phase}, and no releaser is at it.`]
      : []),
    ...(weights !== undefined && current === null && weights[idle] !== allowed
      ? [`${weights[idle]} % of the traffic goes to ${idle}, though no release is under way.`]
      : []),
    ...(slots !== undefined && isMissing(slots[active])
      ? [`${active}, by the ledger the slot that serves, has no Deployment.`]
      : []),
    ...(slots !== undefined && isWithoutPods(slots[active])
      ? [
          `${active}, which ${(current?.state.percent ?? 0) === 100 ? "a rollback needs" : "serves"}, has no ready pods.`,
        ]
      : []),
    ...(slots !== undefined &&
    !isWithoutPods(slots[active]) &&
    slots[active].readyReplicas < slots[active].desiredReplicas
      ? [
          `${slots[active].readyReplicas} of ${slots[active].desiredReplicas} pods of ${active}, which serves, are ready.`,
        ]
      : []),
  ];
}

function nextOf({ ledger, environment, slots, holder }: StatusFacts): readonly string[] {
  const { current, active, quarantine, service } = ledger;
  const names = { environment };
  if (slots !== undefined && isMissing(slots[active]) && (current === null || holder !== null))
    return [
      `Make ${active} again as it was, and what else was deleted: \`npm run up -- --stack ${environment} --refresh\`. It stages no version.`,
    ];
  if (current === null && slots !== undefined && isWithoutPods(slots[active]))
    return [
      `Users get no answer from ${active}. See why it has no pods, and give it some: ` +
        `\`kubectl scale deployment ${slotName(service, active)} --replicas=${replicasOf(ledger)}\` in the stack's namespace.`,
    ];
  if (current !== null) {
    if (isUnread(current.state, "phase"))
      return [`Go on with the newer atom that began it, or take it back with \`${command("abort", names)}\`.`];
    if (current.state.phase !== "held" && holder === null) {
      const resume = command(current.emergency === true ? "rollback --now" : "resume", names);
      return [`Take it up with \`${resume}\`, or take it back with \`${command("abort", names)}\`.`];
    }
    return adviceOf(storyOf(current, { service, environment }).header, false);
  }
  const idle = slots?.[active === "blue" ? "green" : "blue"];
  const staged = idle?.staged;
  if (staged === undefined || idle?.desiredReplicas === 0 || staged.template === slots?.[active].staged?.template)
    return [];
  if (quarantine.some(({ template }) => template === staged.template)) return [];
  return [`${staged.version} is staged: release it with \`${command("release", names)}\`.`];
}

function isMissing({ staged, desiredReplicas }: SlotFacts): boolean {
  return staged === undefined && desiredReplicas === 0;
}

function isWithoutPods({ staged, readyReplicas }: SlotFacts): boolean {
  return staged !== undefined && readyReplicas === 0;
}

/** Pods of a slot that serves, by the plan of the last release that is on record with one. */
function replicasOf({ releases }: Ledger): number {
  for (const { plan } of releases) {
    const parsed = releasePlanSchema.safeParse(plan);
    if (parsed.success) return parsed.data.replicas;
  }
  return 1;
}

/** `atom status`. Pure. */
export function statusText(status: Status, options: TerminalOptions = {}): string {
  const page = new Page(options);
  const { active, release } = status;
  const row = (title: string, cell: Cell): readonly Cell[] => [{ text: title, tone: "faint" }, cell];
  page.paragraph({ text: `${status.service} in ${status.environment}`, tone: "strong" });
  const since = active.release === null ? "" : `, since release ${active.release}`;
  page.table([
    row("serves", { text: `${active.version ?? "unknown version"} in ${active.slot}${since}`, tone: "good" }),
    row("traffic", { text: trafficText(status) }),
    ...(status.slots === null
      ? []
      : (["blue", "green"] as const).map((slot) => row(slot, { text: slotText(status, slot) }))),
    row("release", {
      text: release === null ? "none under way" : releaseText(release),
      tone: release === null ? "neutral" : "strong",
    }),
    ...(release === null ? [] : [row("waits for", { text: release.waitsFor })]),
    ...(release?.reason == null
      ? []
      : [row("because", { text: `${release.reason}: ${release.detail ?? ""}`, tone: "warning" })]),
    ...(release === null ? [] : [row("releaser", { text: status.holder ?? "none" })]),
    ...(status.changedSecrets.length === 0
      ? []
      : [row("secrets", { text: `${status.changedSecrets.join(", ")} changed; each slot keeps its own` })]),
    row("quarantine", quarantineCell(status)),
    ...notToldLines(status.notifications, mostNotTold).map((text, index) =>
      row(index === 0 ? "not told" : "", { text, tone: "warning" }),
    ),
  ]);
  for (const problem of status.problems) page.paragraph({ text: problem, tone: "warning" }, "! ");
  const targets = targetLines(status.targets);
  if (targets.length > 0) page.heading(`On record`);
  for (const line of targets) page.paragraph(line, "  ");
  if (status.next.length > 0) page.heading("What to do next");
  for (const line of status.next) page.paragraph({ text: line }, "  - ");
  return page.toString();
}

function trafficText({ weights }: Status): string {
  return weights === null ? "not known" : `blue ${weights.blue} %, green ${weights.green} %`;
}

function slotText({ slots }: Status, slot: SlotName): string {
  const facts = slots?.[slot];
  if (facts?.staged === undefined) return "nothing staged";
  const { staged, readyReplicas, desiredReplicas } = facts;
  const pods = desiredReplicas === 0 ? "no pods" : `${readyReplicas} of ${desiredReplicas} pods ready`;
  return `${staged.version}, ${pods}, template ${staged.template}`;
}

function releaseText({
  id,
  version,
  slot,
  phase,
  step,
  steps,
  percent,
  sinceSeconds,
  by,
  mode,
}: ReleaseStatus): string {
  const where = steps === null ? "" : `, step ${Math.min(step + 1, steps)} of ${steps}`;
  const kind = mode === "hotfix" ? " (hotfix)" : "";
  return `${id}${kind}: ${version} to ${slot}, ${phase} at ${percent} %${where}, by ${by} ${seconds(sinceSeconds)} ago`;
}

function quarantineCell({ quarantined }: Status): Cell {
  if (quarantined.length === 0) return { text: "empty" };
  const listed = quarantined.slice(-3).map(({ template, reason, release }) => `${template} (${reason}, ${release})`);
  const more = quarantined.length > listed.length ? `; the last ${listed.length}` : "";
  return {
    text: `${quarantined.length} ${quarantined.length === 1 ? "template" : "templates"}${more}: ${listed.join(", ")}`,
  };
}
