import { planMigration, type MigrationPlan } from "../migration/plan.ts";
import { planRoutes, type RoutesPlan } from "../routes/plan.ts";
import {
  changedSecretNotes,
  configuredVersion,
  planSecrets,
  type SecretsPlan,
  type SecretsSource,
} from "../secret/plan.ts";
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
  /** Which Secrets to declare. */
  readonly secrets: SecretsPlan;
  /** Name of the Secret of the desired template. */
  readonly secret: string;
}

export interface ServicePlanSources {
  readonly service: string;
  readonly contract: ServiceContract;
  readonly settings: ServiceSettings;
  readonly secrets: SecretsSource;
  /** An image that this run is to stage in place of the configured one. @default none */
  readonly asked?: string | undefined;
  readonly live: LiveService | undefined;
}

/** Decides what each slot of a service gets. Throws what {@link planSlots} throws. */
export function planService({ service, contract, settings, secrets, asked, live }: ServicePlanSources): ServicePlan {
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
  const routes = routesPlan(service, contract, settings, live);
  const secretsPlan = planSecrets({
    ...{ service, source: secrets, configured, live: live?.secrets, release: live?.release },
    migration: live?.migration?.template,
  });
  return {
    ...slots,
    notes: [
      ...notes,
      ...slots.notes,
      ...changedSecretNotes(service, live?.release, { template, digest }),
      ...secretsPlan.notes,
      ...(routes?.notes ?? []),
    ],
    image,
    routes,
    desired: { template, digest },
    migration: contract.migration && planMigration(slots.migrate, digest, live?.migration),
    secrets: secretsPlan,
    secret: configured.version.name,
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
