import { planMigration, type MigrationPlan } from "../migration/plan.ts";
import { planSlots, type SlotsPlan } from "../slots/plan.ts";
import { templateDigest } from "../workload/digest.ts";
import { podTemplate, type PodTemplate } from "../workload/pod-template.ts";
import type { ServiceContract, ServiceSettings } from "./contract.ts";
import type { LiveService } from "./live-service.ts";

/** What `pulumi up` is about to do with a service, decided before anything is declared. */
export interface ServicePlan extends SlotsPlan {
  readonly desired: { readonly template: PodTemplate; readonly digest: string };
  /** Which migrations to declare. @default none */
  readonly migration: MigrationPlan | undefined;
}

/** Decides what each slot of a service gets. Throws what {@link planSlots} throws. */
export function planService(
  service: string,
  contract: ServiceContract,
  settings: ServiceSettings,
  live: LiveService | undefined,
): ServicePlan {
  const template = podTemplate({
    service,
    image: settings.image,
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
  const digest = templateDigest(template);
  const slots = planSlots({
    service,
    desired: { digest, replicas: settings.replicas },
    autoscaled: settings.autoscaling !== undefined,
    live: live?.release,
  });
  return {
    ...slots,
    desired: { template, digest },
    migration: contract.migration && planMigration(slots.migrate, digest, live?.migration),
  };
}
