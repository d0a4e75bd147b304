import type { Action } from "../gate/policy.ts";
import {
  addSnapshot,
  describeJudged,
  describePods,
  judgeGuard,
  noEvidence,
  reasonOf,
  type GuardEvidence,
} from "./judging.ts";
import type { GuardSnapshot, ReleasePorts } from "./ports.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import { messageOf } from "./persist.ts";
import { Problems } from "./problems.ts";
import type { Subject } from "./subject.ts";

type GuardPorts = Pick<ReleasePorts, "guard" | "clock" | "notifier">;

/** The fast lane at work: watches while there is traffic on the candidate, and tells of what calls for an answer. */
export class GuardTask {
  readonly #subject: Subject;
  readonly #ports: GuardPorts;
  readonly #tell: (event: ReleaseEvent) => void;
  #stop: AbortController | undefined;
  #done: Promise<void> = Promise.resolve();
  #percent = 0;
  #latest: GuardSnapshot | undefined;
  #first = Promise.withResolvers<undefined>();

  constructor(subject: Subject, ports: GuardPorts, tell: (event: ReleaseEvent) => void) {
    this.#subject = subject;
    this.#ports = ports;
    this.#tell = tell;
  }

  /** The last snapshot of the watch that is on. */
  get latest(): GuardSnapshot | undefined {
    return this.#latest;
  }

  /** Watches from now on, or goes on watching, with this share of the traffic on the candidate. */
  watch(percent: number): void {
    this.#percent = percent;
    if (this.#stop !== undefined) return;
    const stop = new AbortController();
    this.#stop = stop;
    this.#first = Promise.withResolvers();
    this.#latest = undefined;
    this.#done = this.#run(stop.signal).catch((error: unknown) => {
      if (stop.signal.aborted) return;
      // Traffic must not stay on a candidate that nobody watches.
      this.#tell({ type: "failed", reason: "internal_error", detail: `the guard broke down: ${messageOf(error)}` });
    });
  }

  /** Stops watching. What was counted is forgotten: the next watch begins anew. */
  async end(): Promise<void> {
    this.#stop?.abort();
    this.#stop = undefined;
    await this.#done;
  }

  /** Resolves when the first snapshot is there: what comes after it is the release's doing. */
  started(): Promise<undefined> {
    return this.#first.promise;
  }

  async #run(signal: AbortSignal): Promise<void> {
    const { candidate, active, plan } = this.#subject;
    const { guard, clock, notifier } = this.#ports;
    const problems = new Problems((problem) => {
      notifier.trouble(`guard: ${problem}`);
    });
    let evidence: GuardEvidence = noEvidence;
    let percent = this.#percent;
    let seenAt = clock.monotonic();
    const watch = { candidate, active, slowAbove: plan.thresholds.latency.seconds };
    for await (const snapshot of guard.watch(watch, signal)) {
      if (signal.aborted) return;
      evidence = addSnapshot(evidence, snapshot, this.#percent, percent !== this.#percent);
      percent = this.#percent;
      this.#latest = snapshot;
      this.#first.resolve(undefined);
      problems.see(snapshot.problems, clock.monotonic());
      const { action, judged } = judgeGuard(evidence, snapshot, plan);
      const pods = describePods(snapshot.candidate);
      this.#answer(action, `guard: ${describeJudged(judged)}${pods === "" ? "" : `; ${pods}`}`, judged);

      if (snapshot.candidate.read > 0) seenAt = clock.monotonic();
      const blindFor = clock.monotonic() - seenAt;
      if (blindFor > plan.resumeWithin) {
        const response = plan.policies.metricsUnavailable.policy;
        const cause = { metric: "guard", reason: "metrics_unavailable", response };
        const detail = `guard: none of the candidate's ${snapshot.candidate.pods} pods answered for ${(blindFor / 1000).toFixed(0)} s`;
        this.#answer({ kind: response === "warn" ? "proceed" : response, causes: [cause] }, detail);
      }
    }
    if (!signal.aborted) throw new Error("it ended by itself");
  }

  #answer(action: Action, detail: string, evidence?: unknown): void {
    for (const event of eventsOf(action, detail, evidence)) this.#tell(event);
  }
}

/** What an action amounts to for the release: warnings first, then what is decided. Waiting and proceeding are nothing to tell. */
export function eventsOf(action: Action, detail: string, evidence?: unknown): readonly ReleaseEvent[] {
  const warnings = action.causes
    .filter(({ response }) => response === "warn")
    .map(({ metric }): ReleaseEvent => ({ type: "warned", metric, detail, evidence }));
  if (action.kind === "wait" || action.kind === "proceed") return warnings;
  const type = action.kind === "rollback" ? "failed" : "held";
  return [...warnings, { type, reason: reasonOf(action), detail, evidence }];
}
