import { planMigration, type MigrationPlan } from "../migration/plan.ts";
import { planRoutes, type RoutesPlan } from "../routes/plan.ts";
import { planSlots, type SlotsPlan } from "../slots/plan.ts";
import { templateDigest } from "../workload/digest.ts";
import { podTemplate, type PodTemplate } from "../workload/pod-template.ts";
import type { ServiceContract, ServiceSettings } from "./contract.ts";
import { imageInEffect } from "./image-in-effect.ts";
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
}

export interface ServicePlanSources {
  readonly service: string;
  readonly contract: ServiceContract;
  readonly settings: ServiceSettings;
  /** An image that this run is to stage in place of the configured one. @default none */
  readonly asked?: string | undefined;
  readonly live: LiveService | undefined;
}

/** Decides what each slot of a service gets. Throws what {@link planSlots} throws. */
export function planService({ service, contract, settings, asked, live }: ServicePlanSources): ServicePlan {
  const ledger = live?.release?.ledger;
  const { image, notes } = imageInEffect({ service, configured: settings.image, asked, ledger });
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
      secretsRevision: settings.secretsRevision,
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
  const routes = routesPlan(service, contract, settings, live);
  return {
    ...slots,
    notes: [...notes, ...slots.notes, ...(routes?.notes ?? [])],
    image,
    routes,
    desired: { template, digest },
    migration: contract.migration && planMigration(slots.migrate, digest, live?.migration),
  };
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
