import { z } from "zod";
import { parseLedger, type Ledger } from "../../components/ledger/ledger.ts";
import { labelKeys } from "../../components/names/labels.ts";
import { ledgerKey, ledgerName, migrationLabel, slotName } from "../../components/names/names.ts";
import { slotNames, type SlotName } from "../../components/names/slot-name.ts";
import type { LiveMigration } from "../../components/migration/plan.ts";
import type { LiveService, LiveServices } from "../../components/service/live-service.ts";
import { releasePlanKey, releasePlanName } from "../../components/release-plan/release-plan.ts";
import { namedSecrets } from "../../components/secret/plan.ts";
import { allTo, type LiveRelease, type LiveSlot, type SlotMarks } from "../../components/slots/live-release.ts";
import type { PodTemplate } from "../../components/workload/pod-template.ts";
import { ApiServer, type ClusterSettings } from "./api-server.ts";
import { LedgerMissingError, RouterChangedError } from "./errors.ts";
import { readSecrets } from "./live-secrets.ts";
import { read } from "./read.ts";
import { appliedOf, readOwnService, readVirtualService } from "./routes.ts";

/** How long reading the cluster may take in all, in milliseconds. */
export const liveServicesDeadline = 10_000;

export interface LiveServicesQuery {
  readonly cluster: ClusterSettings;
  readonly namespace: string;
  /** The router of each service, by name. */
  readonly services: Readonly<Record<string, "istio" | "replicas">>;
  /** Where KUBECONFIG is looked up. */
  readonly env: NodeJS.ProcessEnv;
  /** In milliseconds. @default {@link liveServicesDeadline} */
  readonly deadline?: number;
}

/**
 * Reads what the releases have made of the cluster. A namespace, or a service in it, that no traffic was ever routed to has its first
 * run ahead. Everything else that is missing, another router than it was provisioned with, and every failure to look, is an error: see
 * `errors.ts` and the ledger's own.
 */
export async function readLiveServices(query: LiveServicesQuery): Promise<LiveServices> {
  const { cluster, namespace, services, env, deadline = liveServicesDeadline } = query;
  const api = ApiServer.open(cluster, env, AbortSignal.timeout(deadline));
  if ((await api.get(`/api/v1/namespaces/${namespace}`)) === undefined) return {};
  const entries = Object.entries(services).map(
    async ([service, router]) => [service, await readService(api, namespace, service, router)] as const,
  );
  return Object.fromEntries(await Promise.all(entries));
}

async function readService(
  api: ApiServer,
  namespace: string,
  service: string,
  router: "istio" | "replicas",
): Promise<LiveService> {
  const releasePlan = await readReleasePlan(api, namespace, service);
  const declared = routerOf(releasePlan);
  if (declared !== undefined && declared !== router) throw new RouterChangedError(namespace, service, declared, router);
  const [release, migration] = await Promise.all([
    readRelease(api, namespace, service, router),
    readMigration(api, namespace, service),
  ]);
  const named = namedSecrets(service, release, migration?.template);
  return { release, migration, secrets: await readSecrets(api, namespace, service, named), releasePlan };
}

/** Reads what the releases have made of one service; `undefined` where its first run is ahead. Throws as {@link readLiveServices} does. */
export async function readRelease(
  api: ApiServer,
  namespace: string,
  service: string,
  router: "istio" | "replicas",
): Promise<LiveRelease | undefined> {
  const [ledger, route, blue, green, withoutService] = await Promise.all([
    readLedger(api, namespace, service),
    router === "istio" ? readVirtualService(api, namespace, service) : readSelector(api, namespace, service),
    readSlot(api, namespace, service, "blue"),
    readSlot(api, namespace, service, "green"),
    slotWithoutService(api, namespace, service),
  ]);
  if (ledger === undefined) {
    if (route !== undefined) {
      const serves = slotNames.find((slot) => route.weights[slot] === 100);
      throw new LedgerMissingError(namespace, service, serves);
    }
    return undefined;
  }
  // The route is made last, so without one the first version never came up, and the first run may be tried again.
  if (route === undefined && ledger.current === null && ledger.releases.length === 0) return undefined;
  return {
    ...{ ledger, slots: { blue, green }, weights: route?.weights ?? allTo(ledger.active) },
    ...{ routes: route?.routes, ports: route?.ports },
    ...(withoutService === undefined ? {} : { withoutService }),
  };
}

async function slotWithoutService(api: ApiServer, namespace: string, service: string): Promise<SlotName | undefined> {
  const path = (slot: SlotName): string => `/api/v1/namespaces/${namespace}/services/${slotName(service, slot)}`;
  const found = await Promise.all(slotNames.map(async (slot) => [slot, await api.get(path(slot))] as const));
  const missing = found.filter(([, object]) => object === undefined);
  return missing.length === 1 ? missing[0]?.[0] : undefined;
}

const configMap = z.object({ data: z.record(z.string(), z.string()).default({}) });

const planWithRouter = z.object({ router: z.object({ kind: z.enum(["istio", "replicas"]) }) });

async function readReleasePlan(api: ApiServer, namespace: string, service: string): Promise<string | undefined> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${releasePlanName(service)}`;
  return (await read(api, path, configMap))?.data[releasePlanKey];
}

/** The router that a release plan has, and so the run that published it had; `undefined` where that is not known. */
function routerOf(releasePlan: string | undefined): "istio" | "replicas" | undefined {
  try {
    return planWithRouter.parse(JSON.parse(releasePlan ?? "")).router.kind;
  } catch {
    // A plan that cannot be read is written again, and nothing is known of it.
    return undefined;
  }
}

async function readLedger(api: ApiServer, namespace: string, service: string): Promise<Ledger | undefined> {
  const path = `/api/v1/namespaces/${namespace}/configmaps/${ledgerName(service)}`;
  const found = await read(api, path, configMap);
  return found && parseLedger(found.data[ledgerKey] ?? "", `${namespace}/${ledgerName(service)}`, service);
}

const labels = z.record(z.string(), z.string()).default({});
const amount = z.int().default(0);
const deployment = z.object({
  metadata: z.object({ generation: amount, annotations: labels }).prefault({}),
  spec: z.object({
    replicas: z.int().default(1),
    template: z.looseObject({
      metadata: z.looseObject({ labels }),
      spec: z.looseObject({}),
    }),
  }),
  status: z
    .object({ observedGeneration: amount, replicas: amount, updatedReplicas: amount, readyReplicas: amount })
    .prefault({}),
});

async function readSlot(
  api: ApiServer,
  namespace: string,
  service: string,
  slot: SlotName,
): Promise<LiveSlot | undefined> {
  const path = `/apis/apps/v1/namespaces/${namespace}/deployments/${slotName(service, slot)}`;
  const found = await read(api, path, deployment);
  if (found === undefined) return undefined;
  const { replicas, template } = found.spec;
  return {
    digest: template.metadata.labels[labelKeys.template],
    replicas,
    settled: isSettled(found),
    marks: marksOf(found.metadata.annotations),
    template: withoutNulls(template) as PodTemplate,
  };
}

function isSettled({ metadata, spec, status }: z.output<typeof deployment>): boolean {
  const { observedGeneration, replicas, updatedReplicas, readyReplicas } = status;
  const counts = [replicas, updatedReplicas, readyReplicas];
  return observedGeneration >= metadata.generation && counts.every((count) => count === spec.replicas);
}

function marksOf(annotations: Readonly<Record<string, string>>): SlotMarks {
  return { applied: appliedOf(annotations), replicas: annotations[labelKeys.replicas] };
}

const jobs = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ uid: z.string(), creationTimestamp: z.string(), labels }),
      spec: z.object({
        activeDeadlineSeconds: z.int().optional(),
        template: z.looseObject({
          metadata: z.looseObject({ annotations: z.record(z.string(), z.string()).default({}) }).prefault({}),
        }),
      }),
      status: z
        .object({ conditions: z.array(z.looseObject({ type: z.string(), status: z.string() })).default([]) })
        .prefault({}),
    }),
  ),
});

async function readMigration(api: ApiServer, namespace: string, service: string): Promise<LiveMigration | undefined> {
  const selector = encodeURIComponent(`${labelKeys.name}=${migrationLabel(service)}`);
  const found = await read(api, `/apis/batch/v1/namespaces/${namespace}/jobs?labelSelector=${selector}`, jobs);
  const newest = found?.items
    .toSorted((left, right) => (left.metadata.creationTimestamp < right.metadata.creationTimestamp ? -1 : 1))
    .at(-1);
  if (newest === undefined) return undefined;
  return {
    digest: newest.metadata.labels[labelKeys.template] ?? "",
    uid: newest.metadata.uid,
    attempt: newest.spec.template.metadata.annotations[labelKeys.attempt],
    failed: newest.status.conditions.some(({ type, status }) => type === "Failed" && status === "True"),
    template: newest.spec.template,
    deadlineSeconds: newest.spec.activeDeadlineSeconds,
  };
}

/** Who gets a service's requests without a mesh. */
async function readSelector(
  api: ApiServer,
  namespace: string,
  service: string,
): Promise<Pick<LiveRelease, "weights" | "routes" | "ports"> | undefined> {
  const own = await readOwnService(api, namespace, service);
  if (own === undefined) return undefined;
  const only = slotNames.find((slot) => own.selector[labelKeys.slot] === slot);
  // Both are selected, and the replicas share the requests out; for the selector any split says the same.
  return { weights: only === undefined ? { blue: 50, green: 50 } : allTo(only), ports: own.ports };
}

/** The API server writes `creationTimestamp: null` into templates; declared again, it would be a change. */
function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .filter(([, inner]) => inner !== null)
      .map(([key, inner]) => [key, withoutNulls(inner)]),
  );
}
