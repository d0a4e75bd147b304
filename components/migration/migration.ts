import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { labelKeys } from "../names/labels.ts";
import { migrationLabel, migrationName } from "../names/names.ts";
import { environmentVariables, type EnvironmentSources } from "../workload/environment.ts";
import { restrictedContainer, restrictedPod } from "../workload/hardening.ts";
import type { MigrationPlan } from "./plan.ts";
import { kubernetesResources, type PodTemplateArgs } from "../workload/pod-template.ts";

/** How a service's image migrates its database. */
export interface MigrationSettings {
  readonly command: readonly string[];
  readonly environment: EnvironmentSources;
  /** The Job fails when it takes longer, retries included, in seconds. */
  readonly deadlineSeconds: number;
}

type Workload = Pick<PodTemplateArgs, "service" | "image" | "imagePullPolicy" | "resources" | "scratch" | "user">;

export interface MigrationArgs {
  readonly namespace: pulumi.Input<string>;
  readonly workload: Workload;
  /** Name of the Secret that its secrets are in: that of the pods which come after it. */
  readonly secret: string;
  readonly migration: MigrationSettings;
  /** Which migrations, and whether they run: see `planMigration`. */
  readonly plan: MigrationPlan;
}

/**
 * The migrations of one template, run to their end before its pods start. Its name changes with the template, so that a new template
 * brings a new Job and a failed one can be tried again.
 */
export class Migration extends pulumi.ComponentResource {
  constructor(name: string, args: MigrationArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:migration:Migration", name, {}, opts);
    const { namespace, workload, plan } = args;
    new k8s.batch.v1.Job(
      name,
      {
        metadata: {
          name: migrationName(workload.service, plan.digest, plan.attempt),
          namespace,
          labels: migrationLabels(workload.service, plan.digest),
        },
        spec: jobSpec(args),
      },
      {
        parent: this,
        ...(plan.run ? {} : { ignoreChanges: ["metadata", "spec"] }),
        customTimeouts: { create: `${args.migration.deadlineSeconds + 60}s` },
      },
    );
    this.registerOutputs();
  }
}

function migrationLabels(service: string, digest: string): Record<string, string> {
  return {
    [labelKeys.name]: migrationLabel(service),
    [labelKeys.partOf]: service,
    [labelKeys.template]: digest,
  };
}

function jobSpec({ workload, secret, migration, plan }: MigrationArgs): k8s.types.input.batch.v1.JobSpec {
  const { service, scratch } = workload;
  return {
    // Migrations are idempotent, so one that met a database restart may try again.
    backoffLimit: 2,
    activeDeadlineSeconds: migration.deadlineSeconds,
    template: {
      metadata: {
        labels: migrationLabels(service, plan.digest),
        // A pod template cannot change, so another attempt is another Job.
        ...(plan.attempt === undefined ? {} : { annotations: { [labelKeys.attempt]: plan.attempt } }),
      },
      spec: {
        restartPolicy: "Never",
        serviceAccountName: service,
        automountServiceAccountToken: false,
        enableServiceLinks: false,
        securityContext: restrictedPod(workload.user),
        containers: [
          {
            name: "migrate",
            image: workload.image,
            imagePullPolicy: workload.imagePullPolicy,
            command: [...migration.command],
            env: environmentVariables(secret, migration.environment),
            resources: kubernetesResources(workload.resources),
            securityContext: restrictedContainer(),
            volumeMounts: scratch.map(({ name, path }) => ({ name, mountPath: path })),
          },
        ],
        volumes: scratch.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } })),
      },
    },
  };
}
