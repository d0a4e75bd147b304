import { readFile } from "node:fs/promises";
import { UserError } from "../../components/errors/user-error.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { QueryCounter } from "../metrics/query-counter.ts";
import { checkMetrics } from "../prometheus/check-metrics.ts";
import type { RequestRecord } from "../prometheus/client.ts";
import { checkPrometheus, prometheusUnset } from "../prometheus/check.ts";
import { connectPrometheus, type PrometheusConnection } from "../prometheus/connect.ts";
import type { Notifier } from "../release/ports.ts";
import type { SessionOptions } from "../release/session.ts";
import { Credentials, CredentialsMissingError } from "../smoke/credentials.ts";
import type { Site } from "../target/site.ts";
import { viewedRecord, type ReleaseView } from "../view/release-view.ts";
import { adaptersFor, type AdapterSources } from "./adapters.ts";
import { gatewayDoors, podDoors } from "./doors.ts";
import type { Identity } from "./identity.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** A metric of the plan cannot be judged. */
export class MetricsError extends UserError {
  override readonly name = "MetricsError";
}

/** The file of the gateway's authorities cannot be used. */
export class EntryAuthoritiesError extends UserError {
  override readonly name = "EntryAuthoritiesError";
}

export interface ReleasingOptions {
  readonly site: Site;
  readonly plan: ReleasePlan;
  readonly identity: Identity;
  readonly view: ReleaseView;
  readonly environment: Environment;
  /** Tells people elsewhere. @default nobody does */
  readonly elsewhere?: Notifier | undefined;
  /** Whether to go on without a smoke test where nobody can log in: a way back must not be kept up by that. @default false */
  readonly smokeIfPossible?: boolean;
}

/** What takes a release back: the cluster alone, no Prometheus, nobody who logs in. */
export function sessionBack(options: ReleasingOptions): SessionOptions {
  return session(options, {});
}

/** What releases, with its connection to Prometheus. */
export interface Releasing extends Disposable {
  readonly options: SessionOptions;
  readonly prometheus: PrometheusConnection;
}

/**
 * What releases. Everything that a release will need is tried first: throws a CredentialsMissingError, an {@link EntryAuthoritiesError} or a
 * {@link MetricsError} before anything is changed. A Prometheus that does not work is told, and no reason to stop: the plan's policy decides.
 */
export async function sessionForward(options: ReleasingOptions, signal: AbortSignal): Promise<Releasing> {
  const { site, plan, view, environment } = options;
  using made = new DisposableStack();
  const smoke = plan.smoke.steps.length === 0 ? undefined : await smokeSources(options, made);
  const queries = new QueryCounter();
  const onRequest = (record: RequestRecord): void => {
    queries.record(record);
  };
  const prometheus = made.use(await connectPrometheus(plan.prometheus, environment, { clock: site.clock, onRequest }));
  await tryPrometheus(options, onRequest, signal);
  const kept = made.move();
  return {
    options: { ...session(options, { smoke, prometheus }), queries },
    prometheus,
    [Symbol.dispose]() {
      kept.dispose();
      view.end();
    },
  };
}

function session(
  { site, plan, identity, view, environment, elsewhere }: ReleasingOptions,
  judging: Pick<AdapterSources, "smoke" | "prometheus">,
): SessionOptions {
  const { cluster, clock, store, metrics } = site;
  const onNews = (): void => {
    metrics.wake();
  };
  return {
    ...{ cluster, clock, store, plan, holder: identity.holder },
    adapters: adaptersFor({ ...judging, view, onNews, elsewhere, inCluster: isInCluster(site, environment) }),
    onRelease: (release) => {
      view.begin(viewedRecord(release, plan));
      onNews();
    },
    onWait: (holder) => {
      view.note(
        `waiting for the lease, which ${holder} holds: it is free once that one ends, or has not renewed it for 15 s`,
      );
    },
  };
}

/** A pod reaches other pods by their addresses. */
export function isInCluster({ target }: Site, { KUBERNETES_SERVICE_HOST: host }: Environment): boolean {
  return host !== undefined && target.source.context === undefined && target.source.kubeconfig === undefined;
}

async function smokeSources(
  { site, plan, environment, view, smokeIfPossible = false }: ReleasingOptions,
  made: DisposableStack,
): Promise<AdapterSources["smoke"]> {
  let credentials: Credentials;
  try {
    credentials = Credentials.fromEnvironment(environment);
  } catch (error) {
    if (!smokeIfPossible || !(error instanceof CredentialsMissingError)) throw error;
    view.trouble(`without a smoke test: ${error.missing.join(" and ")} not set`);
    return undefined;
  }
  const variable = plan.entry.caFileVariable;
  const file = variable === undefined ? undefined : environment[variable];
  if (variable !== undefined && file === undefined)
    throw new EntryAuthoritiesError(`${variable} is not set: it names the PEM file of the gateway's authorities.`);
  const ca =
    file === undefined
      ? undefined
      : await readFile(file, "utf8").catch((cause: unknown) => {
          throw new EntryAuthoritiesError(
            `The file that ${variable ?? ""} names cannot be read: ${(cause as Error).message}`,
            {
              cause,
            },
          );
        });
  const doors =
    plan.router.kind === "istio"
      ? gatewayDoors(plan, environment)
      : made.use(await podDoors(site, plan, isInCluster(site, environment)));
  return { doors, credentials, ca };
}

/** How long Prometheus may take to answer before a release, in milliseconds: one that is away must not keep a hotfix waiting. */
const tryWithin = 5_000;

async function tryPrometheus(
  { site, plan, view, environment }: ReleasingOptions,
  onRequest: (record: RequestRecord) => void,
  signal: AbortSignal,
): Promise<void> {
  const { clock, store } = site;
  using prometheus = await connectPrometheus(plan.prometheus, environment, { clock, onRequest, deadlineMs: tryWithin });
  const sampleQuery = `up{namespace="${plan.namespace}"}`;
  const { warnings, checks } = prometheus.ok
    ? await checkPrometheus(prometheus.client, clock, { sampleQuery }, signal)
    : prometheusUnset(prometheus.why);
  for (const warning of warnings) view.trouble(warning);
  const away = prometheus.ok && checks.some(({ name, ok }) => name === "healthy" && !ok);
  const { active } = await store.read(signal);
  const asked = away ? { why: "it is not healthy" } : prometheus;
  const problems = await checkMetrics(plan, asked, { slot: active, template: "none" }, signal);
  if (problems.length > 0)
    throw new MetricsError(
      `The release could not be judged:\n${problems.map((problem) => `  ${problem}`).join("\n")}\n` +
        "Correct release.thresholds in the stack's configuration.",
    );
}
