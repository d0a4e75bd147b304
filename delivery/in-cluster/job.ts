import type { types } from "@pulumi/kubernetes";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { restrictedContainer, restrictedPod } from "../../components/workload/hardening.ts";
import { releaserLabels, releaserResources } from "../../components/workload/releaser.ts";
import type { Job } from "../cluster/resources.ts";
import { exitCodes } from "../commands/exit-codes.ts";
import type { ReleaseRequest } from "../release/opening.ts";
import { changeVariable, stagedVariable } from "../wiring/change.ts";
import { longestRun } from "./longest-run.ts";
import { releaserEnvironment, withoutReferences, type SmokeUser } from "./releaser-environment.ts";

type JobSpec = types.input.batch.v1.JobSpec;

const container = "releaser";
/** Numeric, as in the image, so that the kubelet can see that it is not root. */
const user = 10_001;
const daySeconds = 86_400;

/** Exit codes of a releaser after which another one would have nothing to do. */
const finalFailures: readonly number[] = [exitCodes.rolledBack, exitCodes.held, exitCodes.refused];

/** Whether a releaser that ended so has the Job ended. */
export function endsJob(exitCode: number): boolean {
  return exitCode === exitCodes.ok || finalFailures.includes(exitCode);
}

export interface ReleaserJobArgs {
  /** How the service is released, and where. */
  readonly plan: ReleasePlan;
  /** The releaser's image. */
  readonly image: string;
  /** Sets this Job apart from others of the service: lower case letters and digits. */
  readonly id: string;
  /** ServiceAccount that it acts as. */
  readonly account: string;
  readonly request: ReleaseRequest;
  /** @default nobody: the smoke test says which variable it misses */
  readonly smokeUser: SmokeUser | undefined;
}

/** A Job that runs `atom release --staged`. Its restarts are the resume. */
export interface ReleaserJob extends Job {
  readonly metadata: Job["metadata"] & { readonly namespace: string };
  readonly spec: JobSpec;
}

/** Secret with what the releaser alone is told, by the names of its variables: see `releaserEnvironment`. People make it. */
export function releaserSecretName(service: string): string {
  return `${service}-releaser`;
}

export function releaserJobName(service: string, id: string): string {
  return `${service}-release-${id}`;
}

/** Who a Job releases for, as the ledger records it. It names the Job, so that each of its pods finds what an earlier one has ended. */
export function releasesFor(by: string, jobName: string): string {
  return `${by} (Job ${jobName})`;
}

export function releaserJob(args: ReleaserJobArgs): ReleaserJob {
  const { plan, id } = args;
  const { namespace, service } = plan;
  const name = releaserJobName(service, id);
  const labels = releaserLabels(service);
  return {
    metadata: { name, namespace, labels },
    spec: {
      // Pods that die of something unknown; those that were moved, and left in good order, do not count.
      backoffLimit: 6,
      podFailurePolicy,
      // Never two at a time: the next pod comes when the last one has ended.
      podReplacementPolicy: "Failed",
      activeDeadlineSeconds: Math.ceil(longestRun(plan) / 1000),
      ttlSecondsAfterFinished: daySeconds,
      template: {
        metadata: {
          // A mesh's sidecar would outlive the releaser, and its Job would never end.
          labels: { ...labels, "sidecar.istio.io/inject": "false" },
        },
        spec: podSpec(args, name),
      },
    },
  };
}

/** The first rule that fits decides. A releaser that died of anything else is restarted, and resumes. */
const podFailurePolicy: types.input.batch.v1.PodFailurePolicy = {
  rules: [
    { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
    // It was told to go, and left the release to the next pod.
    { action: "Ignore", onExitCodes: { containerName: container, operator: "In", values: [exitCodes.interrupted] } },
    {
      action: "FailJob",
      onExitCodes: {
        containerName: container,
        operator: "In",
        values: [...finalFailures],
      },
    },
  ],
};

function podSpec(args: ReleaserJobArgs, name: string): types.input.core.v1.PodSpec {
  const { plan, image, account, smokeUser } = args;
  const { change, staged } = args.request;
  const { env, volumes, volumeMounts } = releaserEnvironment(plan, smokeUser, releaserSecretName(plan.service));
  return {
    restartPolicy: "Never",
    serviceAccountName: account,
    // The account itself says no: only who releases gets its token.
    automountServiceAccountToken: true,
    enableServiceLinks: false,
    // To write down where it is, and to give back the lease.
    terminationGracePeriodSeconds: 60,
    securityContext: restrictedPod(user),
    containers: [
      {
        name: container,
        image,
        // The embedded cluster's images come from no registry.
        imagePullPolicy: image.startsWith("atom.local/") ? "Never" : "IfNotPresent",
        args: releaseWords(args, name).map(withoutReferences),
        env: [
          ...env,
          ...(change === undefined ? [] : [{ name: changeVariable, value: withoutReferences(JSON.stringify(change)) }]),
          ...(staged === undefined ? [] : [{ name: stagedVariable, value: withoutReferences(staged) }]),
        ],
        resources: releaserResources,
        securityContext: restrictedContainer(),
        volumeMounts: [...volumeMounts],
      },
    ],
    volumes: [...volumes],
  };
}

function releaseWords({ plan, request }: ReleaserJobArgs, name: string): readonly string[] {
  const { by, image, hotfix, supersede } = request;
  const asked = Object.entries({ "--image": image, "--hotfix": hotfix, "--supersede": supersede });
  return [
    ...["release", "--staged", "--namespace", plan.namespace, "--service", plan.service],
    ...["--on-sigterm", "leave", "--by", releasesFor(by, name)],
    ...asked.flatMap(([option, value]) => (value === undefined ? [] : [option, value])),
  ];
}
