import type http from "node:http";
import { serviceSelectorLabels } from "../../components/names/labels.ts";
import { cutText } from "../../components/text/cut.ts";
import type { ClusterApi } from "../cluster/api.ts";
import { UnreachableError } from "../cluster/errors.ts";
import { httpPortOf, pods, type Pod } from "../cluster/resources.ts";
import { HttpFailure, request } from "../http/request.ts";

/** The pods of a service, and the metrics page of each. */
export interface PodSource {
  /** The pods of both slots. Rejects when they cannot be listed. */
  list(signal: AbortSignal): Promise<readonly Pod[]>;
  /** Rejects with PodSilentError when the pod is to blame, with another error when the way to it is. */
  read(pod: Pod, signal: AbortSignal): Promise<string>;
}

/** A pod gave no metrics page. */
export class PodSilentError extends Error {
  override readonly name = "PodSilentError";
  /** It refused or did not answer, as opposed to answering with something else. */
  readonly unreachable: boolean;

  constructor(detail: string, unreachable: boolean, options?: ErrorOptions) {
    super(cutText(detail), options);
    this.unreachable = unreachable;
  }
}

export interface PodSourceOptions {
  readonly cluster: ClusterApi;
  readonly namespace: string;
  readonly service: string;
  /** The port that answers with metrics, of a pod that names none of its own `http`. */
  readonly port: number;
  /** @default "/metrics" */
  readonly path?: string;
}

/** Time for one page, in milliseconds. A pod that takes longer is as good as silent to a guard that looks four times a second. */
export const readTimeoutMs = 2_000;
/** Time for one list, in milliseconds. */
const listTimeoutMs = 5_000;

/** From outside the cluster: through the API server's proxy. */
export class ProxiedPods implements PodSource {
  protected readonly options: PodSourceOptions;

  constructor(options: PodSourceOptions) {
    this.options = options;
  }

  list(signal: AbortSignal): Promise<readonly Pod[]> {
    const { cluster, namespace, service } = this.options;
    const selector = Object.entries(serviceSelectorLabels(service))
      .map(([label, value]) => `${label}=${value}`)
      .join(",");
    return cluster.list(pods, { namespace, selector }, { signal, timeout: listTimeoutMs });
  }

  async read(pod: Pod, signal: AbortSignal): Promise<string> {
    const { cluster, namespace, port, path = "/metrics" } = this.options;
    try {
      const target = { namespace, name: pod.metadata.name, port: httpPortOf(pod, port) };
      return pageOf(await cluster.readPod(target, path, { signal, timeout: readTimeoutMs }));
    } catch (error) {
      // An API server that answered could not reach the pod; one that did not answer says nothing about the pod.
      if (error instanceof UnreachableError && error.call.status !== undefined)
        throw new PodSilentError(error.message, true, { cause: error });
      throw error;
    }
  }
}

/** From within the cluster: by the pods' own addresses, which spares the API server. */
export class DirectPods extends ProxiedPods {
  readonly #agent: http.Agent | undefined;

  /** @param agent keeps the connections; its owner destroys it */
  constructor(options: PodSourceOptions, agent?: http.Agent) {
    super(options);
    this.#agent = agent;
  }

  override async read(pod: Pod, signal: AbortSignal): Promise<string> {
    const address = pod.status?.podIP;
    if (address === undefined || address === "") throw new PodSilentError("it has no address", true);
    const { port, path = "/metrics" } = this.options;
    const url = new URL(`http://${address.includes(":") ? `[${address}]` : address}:${httpPortOf(pod, port)}${path}`);
    try {
      return pageOf(await request({ url, timeoutMs: readTimeoutMs, agent: this.#agent, signal }));
    } catch (error) {
      if (error instanceof HttpFailure)
        throw new PodSilentError(error.message, error.kind !== "too_large", { cause: error });
      throw error;
    }
  }
}

function pageOf({ status, body }: { status: number; body: string }): string {
  if (status !== 200) throw new PodSilentError(`its metrics page answered ${status}`, false);
  return body;
}
