import { randomBytes } from "node:crypto";
import {
  releasePlanKey,
  releasePlanName,
  releasePlanSchema,
  type ReleasePlan,
  type ReleasePlanInput,
} from "../../../components/release-plan/release-plan.ts";
import { otherSlot } from "../../../components/names/slot-name.ts";
import type { ClusterStack } from "../../support/cluster-stack.ts";

/** A candidate that passes its smoke test and answers every user with an error. */
export const failsItsUsers = { errorShare: 1, exceptHeader: "x-canary" };

interface PodTemplate {
  readonly metadata: { readonly labels: Readonly<Record<string, string>> };
  readonly spec: { readonly containers: readonly [{ readonly env?: readonly { readonly name: string }[] }] };
}

/** What a version runs in place of its image's entry. */
export interface OtherProgram {
  readonly command: readonly string[];
  readonly variables: readonly { readonly name: string; readonly value: string }[];
}

/**
 * Stages a new version in the idle slot, as `pulumi up` does but in one patch: a template that was never there before, with these faults.
 * Resolves to the template's digest.
 *
 * @param program @default the image's entry
 */
export async function stage(stack: ClusterStack, faults: object = {}, program?: OtherProgram): Promise<string> {
  const { active } = await stack.ledger();
  const resource = `deployment/atom-${otherSlot(active)}`;
  const template = (await stack.get(resource)).spec.template as PodTemplate;
  const digest = randomBytes(6).toString("hex");
  const [container] = template.spec.containers;
  const env = [
    ...(container.env ?? []).filter(({ name }) => name !== "ATOM_FAULTS" && name !== "FRONT"),
    { name: "ATOM_FAULTS", value: JSON.stringify(faults) },
    ...(program?.variables ?? []),
  ];
  const changed = {
    metadata: { labels: { ...template.metadata.labels, "atom.dev/template": digest } },
    spec: { containers: [{ ...container, env, command: program?.command ?? null }] },
  };
  await stack.kubectl.patch(stack.namespace, resource, "pulumi", { spec: { replicas: 1, template: changed } });
  return digest;
}

/**
 * Lets the lease of a releaser that is dead, or stopped, run out at once: the next one waits for as long as it is good for.
 *
 * @param deadFor since when that one is taken for dead, in milliseconds @default since it renewed it last
 */
export async function expireLease({ kubectl, namespace }: ClusterStack, deadFor?: number): Promise<void> {
  const since = deadFor === undefined ? undefined : new Date(Date.now() - deadFor).toISOString().replace("Z", "000Z");
  const spec = { leaseDurationSeconds: 1, ...(since === undefined ? {} : { renewTime: since }) };
  await kubectl.patch(namespace, "lease/atom-release", "test", { spec });
}

/** Changes the plan of the stack's next releases, until the next `up` publishes its own. */
export async function changePlan(
  { kubectl, namespace }: ClusterStack,
  change: (plan: ReleasePlan) => Partial<ReleasePlanInput>,
): Promise<void> {
  const resource = `configmap/${releasePlanName("atom")}`;
  const { data } = await kubectl.get(namespace, resource);
  const plan = releasePlanSchema.parse(JSON.parse(data?.[releasePlanKey] ?? ""));
  const text = JSON.stringify({ ...plan, ...change(plan) });
  await kubectl.patch(namespace, resource, "test", { data: { [releasePlanKey]: text } });
}

/** Two short steps, and limits that no busy machine reaches: these tests are about what happens and not about how fast it happens. */
export function quickPlan({ thresholds, deadlines }: ReleasePlan): Partial<ReleasePlanInput> {
  return {
    steps: [
      { percent: 50, wait: 1_000 },
      { percent: 100, wait: 1_000 },
    ],
    thresholds: { ...thresholds, latency: { ...thresholds.latency, seconds: 10 } },
    gate: { minRequests: 50, every: 1_000 },
    policies: {
      noData: { policy: "rollback", deadline: 600_000 },
      metricsUnavailable: { policy: "rollback", deadline: 600_000 },
    },
    soak: 1_000,
    deadlines: { ...deadlines, ready: 300_000, smoke: 120_000, confirm: 120_000, return: 120_000 },
  };
}
