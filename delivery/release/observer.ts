import { DeploymentSlots } from "../cluster/slots.ts";
import type { FencedWriter } from "../cluster/api.ts";
import { chooseCandidate, subjectOf, type ReleaseRequest } from "./opening.ts";
import { noAutoscalers, observedPlan, observing } from "./observing.ts";
import type { Notifier, ReleasePorts, Smoke } from "./ports.ts";
import { ReleaseRunner, type RunEnd } from "./runner.ts";
import { lookAtSlots, type SessionOptions, type SessionSignals } from "./session.ts";
import type { JournalEntry } from "./state.ts";
import { initialState, transition } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

/** What would have happened, had this been a release. */
export interface Observation extends RunEnd {
  readonly subject: Subject;
  readonly journal: readonly JournalEntry[];
}

/** Whoever observes changes nothing; an adapter that tries is wrong. */
const readOnly: FencedWriter = {
  write: (resource, { name }) => Promise.reject(new Error(`observing: ${resource.plural} ${name} is not written`)),
};

/** The route by which a gateway leads to a candidate is there from a release's smoke test on, and whoever observes adds none. */
function asUserAlone(smoke: Smoke, notifier: Notifier): Smoke {
  return {
    run(through, signal) {
      if (through === "public") return smoke.run(through, signal);
      notifier.trouble("what is staged is not smoke-tested: x-canary reaches it while it is released");
      return Promise.resolve({ passed: true, duration: 0, steps: [] });
    },
  };
}

/**
 * Judges what is staged, or under way, as a release would, and moves, writes and asks for nothing: no lease, no ledger. Throws a
 * ReleaseRefusedError when there is nothing to observe.
 *
 * @param onSubject told of what is observed, before it is
 */
export async function observeRelease(
  options: SessionOptions,
  request: ReleaseRequest,
  { abort, leave }: SessionSignals,
  onSubject: (subject: Subject) => void = () => undefined,
): Promise<Observation> {
  const { cluster, clock, plan, store } = options;
  const { namespace, service, replicas } = plan;
  const signal = AbortSignal.any([abort, leave]);
  const slots = new DeploymentSlots({ cluster, writer: readOnly, namespace, service, replicas });
  const ledger = await store.read(signal);
  const subject =
    ledger.current === null
      ? await staged()
      : { ...subjectOf(ledger.current, plan), id: `${ledger.current.id} (observed)` };
  const followed: Subject = { ...subject, plan: observedPlan(subject.plan) };
  onSubject(followed);

  const adapters = options.adapters({ cluster, clock, writer: readOnly, slots, plan }, followed);
  const journal: JournalEntry[] = [];
  const never: Pick<ReleasePorts, "journal" | "approval"> = {
    journal: { append: () => Promise.resolve(), quarantine: () => Promise.resolve() },
    approval: { next: () => Promise.reject(new Error("nobody is asked")) },
  };
  const { notifier } = adapters;
  const isReached = ledger.current !== null || plan.router.kind !== "istio";
  const ports = observing({
    ...adapters,
    ...never,
    smoke: isReached ? adapters.smoke : asUserAlone(adapters.smoke, notifier),
    clock,
    slots,
    autoscalers: noAutoscalers,
    judged: [],
    notifier: {
      notify: (entry, state) => {
        journal.push(entry);
        notifier.notify(entry, state);
      },
      trouble: (detail) => {
        notifier.trouble(detail);
      },
    },
  });
  const prepared = transition(initialState, { type: "prepared", detail: "" }, followed.plan);
  const runner = new ReleaseRunner(followed, ports, { state: prepared, journal: [] });
  const end = await runner.run({ abort, leave, lost: new AbortController().signal });
  return { ...end, subject: followed, journal };

  async function staged(): Promise<Subject> {
    const found = await lookAtSlots(slots, ledger.active, signal);
    return { id: "observed", candidate: chooseCandidate(ledger, found, request), active: ledger.active, plan };
  }
}
