import { labelKeys } from "../../components/names/labels.ts";
import { releasePlanName } from "../../components/names/names.ts";
import type { ClusterClient } from "../cluster/client.ts";
import type { Connection } from "../cluster/connection.ts";
import { ForbiddenError } from "../cluster/errors.ts";
import { configMaps } from "../cluster/resources.ts";
import { TargetError } from "./errors.ts";
import type { PartialTarget, Target } from "./target.ts";

/** A service that can be released: its environment has published a plan for it. */
interface Released {
  readonly namespace: string;
  readonly service: string;
}

type Reader = Pick<ClusterClient, "listMetadata">;
type Place = Pick<Connection, "context" | "namespace">;

/** How long the cluster may take to say what there is, in milliseconds. */
const timeout = 10_000;
/** As many are listed in a message. */
const listed = 20;

/**
 * Finds in the cluster what the command line left open, by the release plans that environments publish. Where it is not the only one it is not
 * guessed: throws a {@link TargetError} that lists what there is. Rejects with a ClusterError where the cluster cannot be asked.
 */
export async function discover(target: PartialTarget, place: Place, cluster: Reader): Promise<Target> {
  const { namespace, service } = target;
  if (namespace !== undefined && service !== undefined) return { ...known(target), namespace, service };
  const found = (await candidates(target, place, cluster)).filter(
    (each) => service === undefined || each.service === service,
  );
  const [only, ...more] = found;
  if (only === undefined) throw new TargetError(nothingFound(target, place));
  if (more.length > 0) throw new TargetError(ambiguous(target, place, found));
  return { ...known(target), ...only };
}

function known({ stack, source }: PartialTarget): Pick<Target, "stack" | "source"> {
  return { stack, source };
}

async function candidates(target: PartialTarget, place: Place, cluster: Reader): Promise<readonly Released[]> {
  if (target.namespace !== undefined) return plansIn(target.namespace, target, place, cluster);
  // As for kubectl, the context's namespace is meant where none is named.
  const own = place.namespace === undefined ? [] : await plansIn(place.namespace, target, place, cluster);
  return own.length > 0 ? own : plansIn(undefined, target, place, cluster);
}

async function plansIn(
  namespace: string | undefined,
  { service }: PartialTarget,
  { context }: Place,
  cluster: Reader,
): Promise<readonly Released[]> {
  try {
    const objects = await cluster.listMetadata(configMaps, { namespace, selector: labelKeys.name }, { timeout });
    return objects.flatMap(({ metadata }) => {
      const name = metadata.labels?.[labelKeys.name];
      return name === undefined || metadata.name !== releasePlanName(name) || metadata.namespace === undefined
        ? []
        : [{ namespace: metadata.namespace, service: name }];
    });
  } catch (cause) {
    if (!(cause instanceof ForbiddenError)) throw cause;
    const missing = [
      ...(namespace === undefined ? ["the namespace with --namespace"] : []),
      ...(service === undefined ? ["the service with --service"] : []),
    ];
    throw new TargetError(
      `The user of the context "${context}" may not look for release plans ${namespace === undefined ? "in all namespaces" : `in ${namespace}`}.\n` +
        `Name ${missing.join(", and ")}.`,
      { cause },
    );
  }
}

function nothingFound({ stack, namespace, service, stacksHere }: PartialTarget, { context }: Place): string {
  const what = service === undefined ? "no release plan" : `no release plan of the service ${service}`;
  const where = namespace === undefined ? "" : ` in the namespace ${namespace}`;
  const here = stacksHere.length === 0 ? "" : ` (stacks of this folder: ${stacksHere.join(", ")})`;
  return (
    `The cluster of the context "${context}" has ${what}${where}.\n` +
    `Name another ${stack === undefined ? "namespace with --namespace" : "environment with --stack"}${here}, or another cluster with --context and --kubeconfig.`
  );
}

function ambiguous({ stack, namespace }: PartialTarget, { context }: Place, found: readonly Released[]): string {
  if (namespace !== undefined)
    return `Which service? Name it with --service (${found
      .map(({ service }) => service)
      .sort()
      .join(", ")}).`;
  const lines = found
    .map((each) => `  --namespace ${each.namespace} --service ${each.service}`)
    .sort()
    .slice(0, listed);
  const rest = found.length > listed ? [`  and ${found.length - listed} more`] : [];
  return [
    `Which environment? The cluster of the context "${context}" has ${found.length} that can be released:`,
    ...lines,
    ...rest,
    `Name one of them${stack === undefined ? " so, or its stack with --stack" : ""}.`,
  ].join("\n");
}
