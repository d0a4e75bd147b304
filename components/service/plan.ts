import { z } from "zod";
import type { ReleaseUnderWay } from "../ledger/release-record.ts";
import { changedMigrationNotes, planMigration, type MigrationPlan } from "../migration/plan.ts";
import { slotName } from "../names/names.ts";
import type { SlotName } from "../names/slot-name.ts";
import { planRoutes, type RoutesPlan } from "../routes/plan.ts";
import {
  changedSecretNotes,
  configuredVersion,
  planSecrets,
  type SecretsPlan,
  type SecretsSource,
} from "../secret/plan.ts";
import { planSlots, type SlotsPlan } from "../slots/plan.ts";
import { canonicalJson, templateDigest } from "../workload/digest.ts";
import { podTemplate, type PodTemplate } from "../workload/pod-template.ts";
import type { ServiceContract, ServiceSettings } from "./contract.ts";
import { imageInEffect } from "./image-in-effect.ts";
import { planPorts, type ServicePorts } from "./ports.ts";
import type { LiveService } from "./live-service.ts";

/** What `pulumi up` is about to do with a service, decided before anything is declared. */
export interface ServicePlan extends SlotsPlan {
  /** The image to run: the configured one, or what stands in for it. */
  readonly image: string;
  readonly desired: { readonly template: PodTemplate; readonly digest: string };
  /** What becomes of the routes. @default there are none yet, or no mesh */
  readonly routes: RoutesPlan | undefined;
  /** Which migrations to declare. @default none */
  readonly migration: MigrationPlan | undefined;
  /** Which Secrets to declare. */
  readonly secrets: SecretsPlan;
  /** Name of the Secret of the desired template. */
  readonly secret: string;
  /** Where it is reached. */
  readonly ports: ServicePorts;
}

export interface ServicePlanSources {
  readonly service: string;
  readonly contract: ServiceContract;
  readonly settings: ServiceSettings;
  readonly secrets: SecretsSource;
  /** How the configuration has it released: the text of a release plan. */
  readonly releasePlan: string;
  /** An image that this run is to stage in place of the configured one. @default none */
  readonly asked?: string | undefined;
  readonly live: LiveService | undefined;
}

/** Decides what each slot of a service gets. Throws what {@link planSlots} throws. */
export function planService({
  service,
  contract,
  settings,
  secrets,
  releasePlan,
  asked,
  live,
}: ServicePlanSources): ServicePlan {
  const ledger = live?.release?.ledger;
  const { image, notes } = imageInEffect({ service, configured: settings.image, asked, ledger });
  const configured = configuredVersion(service, secrets, live?.secrets);
  const templateOf = (image: string): PodTemplate =>
    podTemplate({
      service,
      image,
      imagePullPolicy: settings.imagePullPolicy,
      port: contract.port,
      environment: {
        ...contract.environment,
        values: { ...settings.env, ...contract.environment.values },
      },
      secret: configured.version,
      probes: contract.probes,
      resources: settings.resources,
      scratch: contract.scratch,
      shutdown: contract.shutdown,
      user: contract.user,
    });
  const template = templateOf(image);
  const digest = templateDigest(template);
  const slots = planSlots({
    service,
    desired: {
      digest,
      // What this run alone was asked for is not what the file asks for.
      configured: asked === undefined ? templateDigest(templateOf(settings.image)) : undefined,
      replicas: settings.replicas,
    },
    autoscaled: settings.autoscaling !== undefined,
    live: live?.release,
  });
  const ports = planPorts(service, contract.port, live?.release);
  const routes = routesPlan(service, contract, settings, live);
  const secretsPlan = planSecrets({
    ...{ service, source: secrets, configured, live: live?.secrets, release: live?.release },
    migration: live?.migration?.template,
  });
  const migration = contract.migration && planMigration(slots.migrate, digest, live?.migration);
  return {
    ...slots,
    notes: [
      ...notes,
      ...slots.notes,
      ...missingServiceNotes(service, live?.release?.withoutService),
      ...changedSecretNotes(service, live?.release, { template, digest }, { key: configured.key, live: live?.secrets }),
      ...secretsPlan.notes,
      ...(contract.migration ? changedMigrationNotes(service, contract.migration, migration, live?.migration) : []),
      ...(routes?.notes ?? []),
      ...ports.notes,
      ...heldPlanNotes(service, releasePlan, live?.releasePlan, ledger?.current),
    ],
    image,
    routes,
    desired: { template, digest },
    migration,
    secrets: secretsPlan,
    secret: configured.version.name,
    ports,
  };
}

/** The engine's state still has it. */
function missingServiceNotes(service: string, slot: SlotName | undefined): string[] {
  if (slot === undefined) return [];
  return [
    `${service}: the Service ${slotName(service, slot)} was deleted, and nothing leads users to ${slot} without it. Run this with --refresh: then it is made again.`,
  ];
}

function routesPlan(
  service: string,
  contract: ServiceContract,
  { routes: settings }: ServiceSettings,
  live: LiveService | undefined,
): RoutesPlan | undefined {
  const { routes, ledger } = live?.release ?? {};
  if (settings.router !== "istio" || routes === undefined) return undefined;
  const { active = "blue", current } = ledger ?? {};
  return planRoutes({
    ...{ service, active, live: routes, release: current?.id },
    settings: { ...settings, port: contract.port },
  });
}

/**
 * Says what a release plan has of its own that is not written because a release is under way, which goes on by the one that it began with.
 *
 * @param published the release plan in the cluster: a release itself may go by a shorter one, such as an emergency rollback
 */
function heldPlanNotes(
  service: string,
  releasePlan: string,
  published: string | undefined,
  current: ReleaseUnderWay | null = null,
): string[] {
  if (current === null || published === undefined) return [];
  const wanted = fieldsOf(releasePlan);
  const found = fieldsOf(published);
  const keys = [...new Set([...Object.keys(wanted), ...Object.keys(found)])];
  const other = keys.filter((key) => canonicalJson(wanted[key] ?? null) !== canonicalJson(found[key] ?? null));
  if (other.length === 0) return [];
  return [
    `${service}: release ${current.id} goes on by the release plan that it began with. The stack's file has another one (${other.sort().join(", ")}), which is written by a run after it has ended.`,
  ];
}

/** What cannot be read is written anew, whole. */
function fieldsOf(releasePlan: string): Readonly<Record<string, unknown>> {
  try {
    return z.record(z.string(), z.unknown()).parse(JSON.parse(releasePlan));
  } catch {
    return {};
  }
}
