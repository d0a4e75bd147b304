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

/**
 * Stages a new version in the idle slot, as `pulumi up` does but in one patch: a template that was never there before, with these faults.
 * Resolves to the template's digest.
 */
export async function stage(stack: ClusterStack, faults: object = {}): Promise<string> {
  const { active } = await stack.ledger();
  const resource = `deployment/atom-${otherSlot(active)}`;
  const template = (await stack.get(resource)).spec.template as PodTemplate;
  const digest = randomBytes(6).toString("hex");
  const [container] = template.spec.containers;
  const env = [
    ...(container.env ?? []).filter(({ name }) => name !== "ATOM_FAULTS"),
    { name: "ATOM_FAULTS", value: JSON.stringify(faults) },
  ];
  const changed = {
    metadata: { labels: { ...template.metadata.labels, "atom.dev/template": digest } },
    spec: { containers: [{ ...container, env }] },
  };
  await stack.kubectl.patch(stack.namespace, resource, "pulumi", { spec: { replicas: 1, template: changed } });
  return digest;
}

/** Lets the lease of a releaser that is dead, or stopped, run out at once: the next one waits for as long as it is good for. */
export async function expireLease({ kubectl, namespace }: ClusterStack): Promise<void> {
  await kubectl.patch(namespace, "lease/atom-release", "test", { spec: { leaseDurationSeconds: 1 } });
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
