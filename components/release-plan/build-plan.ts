import type { ServiceContract, ServiceSettings } from "../service/contract.ts";
import type { SmokeStep } from "../smoke-steps/smoke-step.ts";
import { releasePlanSchemaVersion, type Policy, type ReleasePlanInput } from "./release-plan.ts";

/** What an environment decides about its releases, as a stack's configuration says it. Times are milliseconds. */
export interface ReleaseSettings {
  readonly thresholds: {
    readonly errorRate: { readonly max: number; readonly onBreach: Policy };
    readonly p95Latency: { readonly max: number; readonly onBreach: Policy };
    /** Counts of bad and of all requests in PromQL. @default none */
    readonly metrics?: readonly {
      readonly name: string;
      readonly bad: string;
      readonly total: string;
      readonly max: number;
      readonly onBreach: Policy;
    }[];
  };
  readonly steps: readonly ({ readonly weight: number; readonly wait: number } | { readonly pause: "approval" })[];
  readonly soak: number;
  readonly noData: { readonly policy: Policy; readonly deadline: number };
  readonly metricsUnavailable: { readonly policy: Policy; readonly deadline: number };
  readonly deadlines: {
    readonly ready: number;
    readonly smoke: number;
    readonly confirm: number;
    readonly approval: number;
    readonly rollback: number;
  };
  /** Requests at the candidate before a step can pass. @default the plan's own */
  readonly minRequests?: number | undefined;
  /** Requests that the releaser sends to a candidate without traffic. @default none */
  readonly synthetic?: { readonly perSecond: number; readonly requests: number } | undefined;
  /** Releases that can be gone back to. @default the plan's own */
  readonly keep?: number | undefined;
  /** The releaser's image, for a release from a Job in the cluster. @default not set up */
  readonly inCluster?: { readonly image: string } | undefined;
}

export interface ReleasePlanSources {
  /** The stack. */
  readonly environment: string;
  readonly namespace: string;
  readonly service: string;
  readonly contract: Pick<ServiceContract, "port" | "metrics">;
  /** `image`: what the stack's file names, whichever one is in effect. */
  readonly settings: Pick<ServiceSettings, "image" | "replicas" | "routes">;
  readonly release: ReleaseSettings;
  readonly smoke: readonly SmokeStep[];
  /** Where requests to the service go in, as the releaser reaches it. */
  readonly entry: ReleasePlanInput["entry"];
  /** `null`: releases are judged by the pods' own counters alone. */
  readonly prometheus: ReleasePlanInput["prometheus"];
  /** Whom a release tells. @default nobody */
  readonly notifications?: ReleasePlanInput["notifications"] | undefined;
}

/** The plan that a stack's configuration amounts to. `formatReleasePlan` checks it and fills in what the configuration leaves open. */
export function buildReleasePlan(sources: ReleasePlanSources): ReleasePlanInput {
  const { environment, namespace, service, contract, settings, release, smoke, entry, prometheus } = sources;
  const { notifications = null } = sources;
  const { errorRate, p95Latency, metrics = [] } = release.thresholds;
  const { minRequests, synthetic = null, keep, inCluster = null } = release;
  return {
    schema: releasePlanSchemaVersion,
    environment,
    namespace,
    service,
    image: settings.image,
    port: contract.port,
    replicas: settings.replicas,
    router: routerOf(settings.routes),
    entry,
    steps: release.steps.map((step) =>
      "pause" in step
        ? { pause: step.pause, deadline: release.deadlines.approval }
        : { percent: step.weight, wait: step.wait },
    ),
    thresholds: {
      errorRate: { max: errorRate.max, policy: errorRate.onBreach },
      latency: { quantile: 0.95, seconds: p95Latency.max / 1000, policy: p95Latency.onBreach },
      // Whoever only warns about errors does not take a release back for a restart either.
      restarts: { policy: errorRate.onBreach },
      metrics: metrics.map(({ onBreach, ...metric }) => ({ ...metric, policy: onBreach })),
    },
    policies: {
      noData: release.noData,
      metricsUnavailable: release.metricsUnavailable,
      unconfirmedShift: "rollback",
    },
    gate: {
      ...(minRequests === undefined ? {} : { minRequests }),
      ...(prometheus === null ? {} : lookEvery(prometheus)),
    },
    guard: { port: contract.port, path: contract.metrics.path },
    prometheus,
    smoke: { steps: [...smoke] },
    synthetic,
    soak: release.soak,
    deadlines: {
      ready: release.deadlines.ready,
      smoke: release.deadlines.smoke,
      confirm: release.deadlines.confirm,
      return: release.deadlines.rollback,
    },
    inCluster,
    notifications,
    ...(keep === undefined ? {} : { keep }),
  };
}

/** Between two scrapes there is nothing new to see; and a person who watches wants to see something. */
function lookEvery({ scrapeInterval }: NonNullable<ReleasePlanInput["prometheus"]>): { readonly every: number } {
  return { every: Math.min(scrapeInterval, 5_000) };
}

function routerOf(routes: ServiceSettings["routes"]): ReleasePlanInput["router"] {
  if (routes.router === "replicas") return { kind: "replicas" };
  const { attempts, perTryTimeout, on } = routes.retries;
  return { kind: "istio", timeout: routes.timeout, retries: { attempts, perTryTimeout, on: [...on] } };
}
