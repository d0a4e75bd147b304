import { UserError } from "../../components/errors/user-error.ts";
import { parseReleasePlanOpenly, type OpenPlan } from "../../components/release-plan/open-plan.ts";
import { parseReleasePlan } from "../../components/release-plan/parse-plan.ts";
import { releasePlanKey, releasePlanName, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { ClusterApi } from "../cluster/api.ts";
import { NotFoundError } from "../cluster/errors.ts";
import { configMaps } from "../cluster/resources.ts";

/** The environment has no release plan for this service. */
export class ReleasePlanMissingError extends UserError {
  override readonly name = "ReleasePlanMissingError";

  constructor(where: string) {
    super(
      `There is no release plan ${where}.\nBring the environment up first (npm run up -- --stack NAME), or name another service with --service.`,
    );
  }
}

type Reader = Pick<ClusterApi, "get">;

/** Reads how a service is to be released from its environment. Throws ReleasePlanMissingError, ReleasePlanInvalidError or a ClusterError. */
export async function readReleasePlan(
  cluster: Reader,
  namespace: string,
  service: string,
  signal: AbortSignal,
): Promise<ReleasePlan> {
  const { text, where } = await published(cluster, namespace, service, signal);
  return parseReleasePlan(text, where);
}

/** The same for what must work although a newer version has published the plan: see {@link parseReleasePlanOpenly}. */
export async function readReleasePlanOpenly(
  cluster: Reader,
  namespace: string,
  service: string,
  signal: AbortSignal,
): Promise<OpenPlan> {
  const { text, where } = await published(cluster, namespace, service, signal);
  return parseReleasePlanOpenly(text, where, { namespace, service });
}

async function published(
  cluster: Reader,
  namespace: string,
  service: string,
  signal: AbortSignal,
): Promise<{ readonly text: string; readonly where: string }> {
  const name = releasePlanName(service);
  const where = `${namespace}/${name}`;
  try {
    const { data } = await cluster.get(configMaps, { namespace, name }, { signal });
    return { text: data?.[releasePlanKey] ?? "", where };
  } catch (error) {
    if (error instanceof NotFoundError) throw new ReleasePlanMissingError(where);
    throw error;
  }
}
