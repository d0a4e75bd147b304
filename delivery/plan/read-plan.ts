import { UserError } from "../../components/errors/user-error.ts";
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

/** Reads how a service is to be released from its environment. Throws ReleasePlanMissingError, ReleasePlanInvalidError or a ClusterError. */
export async function readReleasePlan(
  cluster: Pick<ClusterApi, "get">,
  namespace: string,
  service: string,
  signal: AbortSignal,
): Promise<ReleasePlan> {
  const name = releasePlanName(service);
  const where = `${namespace}/${name}`;
  try {
    const { data } = await cluster.get(configMaps, { namespace, name }, { signal });
    return parseReleasePlan(data?.[releasePlanKey] ?? "", where);
  } catch (error) {
    if (error instanceof NotFoundError) throw new ReleasePlanMissingError(where);
    throw error;
  }
}
