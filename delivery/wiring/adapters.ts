// From a release plan to what a release works with: one adapter for each port of delivery/release/ports.ts.
import { isWeightStep, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Candidate, Clock, GateSource, Guard, Notifier, Router, Smoke, Synthetic } from "../release/ports.ts";
import type { Adapters, SessionTools } from "../release/session.ts";
import { isMoving } from "../release/state-machine.ts";
import type { Subject } from "../release/subject.ts";
import { PodGuard } from "../guard/pod-guard.ts";
import { DirectPods, ProxiedPods } from "../guard/pod-source.ts";
import type { PrometheusConnection } from "../prometheus/connect.ts";
import { StepGate } from "../prometheus/step-gate.ts";
import { IstioRouter } from "../router/istio.ts";
import { ReplicaRouter } from "../router/replicas.ts";
import type { Credentials } from "../smoke/credentials.ts";
import { SmokeTest } from "../smoke/smoke-test.ts";
import { SyntheticTraffic } from "../smoke/synthetic-traffic.ts";
import type { ReleaseView } from "../view/release-view.ts";
import { provenDoors, type Doors } from "./doors.ts";

/** What the adapters are made with; the rest is in the plan. */
export interface AdapterSources {
  readonly view: ReleaseView;
  /** Told that the ledger has something new. Returns at once. */
  readonly onNews: () => void;
  /** Tells people elsewhere. @default nobody does */
  readonly elsewhere?: Notifier | undefined;
  /** Absent where no step is to be judged: on the way back. */
  readonly prometheus?: PrometheusConnection | undefined;
  /** Absent where nobody is to log in: on the way back. */
  readonly smoke?:
    { readonly doors: Doors; readonly credentials: Credentials; readonly ca: string | undefined } | undefined;
  /** Whether this process can reach pods by their addresses. */
  readonly inCluster: boolean;
}

/** The pods of a slot are read through the API server from outside: it is spared. Within the cluster each is asked itself. */
const directReadsPerSecond = 200;

/** The adapters of one release. */
export function adaptersFor(sources: AdapterSources): (tools: SessionTools, subject: Subject) => Adapters {
  return (tools, { plan, candidate }) => {
    const guard = podGuard(tools, plan, sources.inCluster);
    return {
      guard: shown(guard, sources.view),
      router: router(tools, plan, guard),
      gate: gate(tools, plan, sources),
      smoke: smoke(plan, candidate, sources, tools.clock),
      synthetic: synthetic(plan, sources, tools.clock),
      notifier: withNews(sources),
    };
  };
}

/** The view, and whoever carries on what the ledger says. */
function withNews({ view, onNews, elsewhere }: AdapterSources): Notifier {
  return {
    notify(entry, state) {
      view.notify(entry, state);
      elsewhere?.notify(entry, state);
      // Nothing that can wait shares the machine with that.
      if (!isMoving(state.phase)) onNews();
    },
    trouble(detail) {
      view.trouble(detail);
      elsewhere?.trouble(detail);
    },
  };
}

/** The guard, with each of its readings shown. */
function shown(guard: Guard, view: ReleaseView): Guard {
  return {
    async *watch(watch, signal) {
      for await (const snapshot of guard.watch(watch, signal)) {
        view.onSnapshot(snapshot);
        yield snapshot;
      }
    },
  };
}

/** What reads the pods' own counters. */
export function podGuard(
  { cluster, clock }: Pick<SessionTools, "cluster" | "clock">,
  plan: Pick<ReleasePlan, "namespace" | "service" | "guard">,
  inCluster: boolean,
): PodGuard {
  const { namespace, service, guard } = plan;
  const options = { cluster, namespace, service, port: guard.port, path: guard.path };
  return new PodGuard({
    source: inCluster ? new DirectPods(options) : new ProxiedPods(options),
    clock,
    everyMs: guard.every,
    ...(inCluster ? { requestsPerSecond: directReadsPerSecond } : {}),
  });
}

function router({ cluster, clock, writer }: SessionTools, plan: ReleasePlan, served: PodGuard): Router {
  const { namespace, service, port, replicas } = plan;
  if (plan.router.kind === "replicas")
    return new ReplicaRouter({ writer, cluster, clock, namespace, service, replicas, served });
  const { timeout, retries } = plan.router;
  const shares = plan.steps.filter(isWeightStep).map(({ percent }) => percent);
  const http = { service, port, timeout, retries };
  return new IstioRouter({ writer, namespace, http, shares, served, subsets: plan.schema === 1 });
}

function gate({ slots, clock }: SessionTools, plan: ReleasePlan, { prometheus }: AdapterSources): GateSource | null {
  if (prometheus === undefined || (plan.prometheus === null && !prometheus.ok)) return null;
  const { namespace, service, thresholds } = plan;
  return new StepGate({
    prometheus,
    slots,
    clock,
    namespace,
    service,
    slowAbove: thresholds.latency.seconds,
    scrapeInterval: plan.prometheus?.scrapeInterval ?? defaultScrapeInterval,
    custom: thresholds.metrics,
  });
}

/** Of Prometheus itself, in milliseconds: for a plan that names none, where PROMETHEUS_URL does. */
const defaultScrapeInterval = 60_000;

function smoke(plan: ReleasePlan, { slot }: Candidate, { smoke: login, view }: AdapterSources, clock: Clock): Smoke {
  if (login === undefined || plan.smoke.steps.length === 0)
    return { run: () => Promise.resolve({ passed: true, duration: 0, steps: [] }) };
  const { credentials, ca } = login;
  const { steps, stepTimeout: stepTimeoutMs } = plan.smoke;
  const { confirm, smoke: whole } = plan.deadlines;
  return new SmokeTest({
    ...{ steps, credentials, clock, ca, stepTimeoutMs },
    doors: plan.router.kind === "istio" ? provenDoors(login.doors, slot) : login.doors,
    // Well within the deadline of the whole, which would speak against the version.
    provenWithinMs: Math.min(confirm, whole / 2),
    onStep: (through, step) => {
      view.onSmokeStep(through, step);
    },
  });
}

function synthetic(plan: ReleasePlan, { smoke: login }: AdapterSources, clock: Clock): Synthetic | null {
  if (plan.synthetic === null || login === undefined) return null;
  const { doors, credentials, ca } = login;
  return new SyntheticTraffic({
    ...plan.synthetic,
    steps: plan.smoke.steps,
    doors,
    credentials,
    clock,
    ca,
  });
}
