import { existsSync } from "node:fs";
import path from "node:path";
import { HttpMethod, IsomorphicFetchHttpLibrary, KubeConfig, RequestContext } from "@kubernetes/client-node";
import {
  ClusterAccessError,
  ClusterAnswerError,
  ClusterContextError,
  ClusterUnreachableError,
  type ClusterTarget,
} from "./errors.ts";

/** Which cluster, and where its credentials are. */
export interface ClusterSettings {
  readonly context: string;
  /** Path of the kubeconfig. @default the variable KUBECONFIG, else ~/.kube/config */
  readonly kubeconfig?: string | undefined;
}

/** Reads objects from one API server, until a deadline. */
export class ApiServer {
  readonly #kubeConfig: KubeConfig;
  readonly #target: ClusterTarget;
  readonly #signal: AbortSignal;

  private constructor(kubeConfig: KubeConfig, target: ClusterTarget, signal: AbortSignal) {
    this.#kubeConfig = kubeConfig;
    this.#target = target;
    this.#signal = signal;
  }

  /**
   * Finds the cluster in the kubeconfig; asks nothing yet. Throws a {@link ClusterContextError}.
   *
   * @param signal ends what is under way
   */
  static open(settings: ClusterSettings, env: NodeJS.ProcessEnv, signal: AbortSignal): ApiServer {
    const { context } = settings;
    const kubeConfigs = load(context, settings.kubeconfig ?? env.KUBECONFIG);
    // As with kubectl, the first file wins.
    const kubeConfig = kubeConfigs.find((each) => each.getContextObject(context) !== null);
    if (kubeConfig === undefined) {
      const known = kubeConfigs.flatMap((each) => each.getContexts().map(({ name }) => name));
      throw new ClusterContextError(context, `the kubeconfig has the contexts ${known.join(", ") || "(none)"}.`);
    }
    kubeConfig.setCurrentContext(context);
    const server = kubeConfig.getCurrentCluster()?.server;
    if (server === undefined)
      throw new ClusterContextError(context, "the context names a cluster that the kubeconfig does not have.");
    return new ApiServer(kubeConfig, { context, server }, signal);
  }

  /**
   * Reads one object by its URL within the API; `undefined` where there is none. Throws a {@link ClusterUnreachableError}, a
   * {@link ClusterAccessError} or a {@link ClusterAnswerError}.
   */
  async get(url: string): Promise<unknown> {
    const { status, text } = await this.#request(url);
    if (status === 404) return undefined;
    if (status === 401 || status === 403) throw new ClusterAccessError(this.#target, status, url, statusMessage(text));
    if (status !== 200)
      throw new ClusterAnswerError(this.#target, url, `status ${status} ${statusMessage(text)}`.trim());
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ClusterAnswerError(this.#target, url, "it is not JSON", { cause });
    }
  }

  /** An answer for `url` that is JSON but not of the form that it must have. */
  unusable(url: string, detail: string): ClusterAnswerError {
    return new ClusterAnswerError(this.#target, url, detail);
  }

  async #request(url: string): Promise<{ status: number; text: string }> {
    const request = new RequestContext(`${this.#target.server}${url}`, HttpMethod.GET);
    request.setHeaderParam("Accept", "application/json");
    request.setSignal(this.#signal);
    try {
      this.#signal.throwIfAborted();
      await this.#kubeConfig.applySecurityAuthentication(request);
      const response = await new IsomorphicFetchHttpLibrary().send(request).toPromise();
      return { status: response.httpStatusCode, text: await response.body.text() };
    } catch (cause) {
      throw new ClusterUnreachableError(this.#target, reasonOf(cause), { cause });
    }
  }
}

/**
 * The one file that has the context, for whoever takes a path and not a list of them as KUBECONFIG is; `undefined` where none is named.
 */
export function kubeconfigOf({ context, kubeconfig }: ClusterSettings, env: NodeJS.ProcessEnv): string | undefined {
  const files = filesOf(kubeconfig ?? env.KUBECONFIG);
  if (files.length < 2) return files[0];
  return files.find((file) => existsSync(file) && configOf(file).getContextObject(context) !== null) ?? files[0];
}

function filesOf(list: string | undefined): string[] {
  return list?.split(path.delimiter).filter((file) => file !== "") ?? [];
}

/** Each file that `KUBECONFIG` names, or what kubectl reads without it. Throws a {@link ClusterContextError}. */
function load(context: string, files: string | undefined): KubeConfig[] {
  const names = filesOf(files);
  // Like kubectl, a list may name files that do not exist; a single one must.
  const present = names.length > 1 ? names.filter((file) => existsSync(file)) : names;
  try {
    return present.length === 0 ? [defaultConfig()] : present.map(configOf);
  } catch (cause) {
    throw new ClusterContextError(context, `${(cause as Error).message}.`, { cause });
  }
}

function configOf(file: string): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromFile(file);
  return kubeConfig;
}

function defaultConfig(): KubeConfig {
  const kubeConfig = new KubeConfig();
  kubeConfig.loadFromDefault();
  return kubeConfig;
}

/** The text of a Kubernetes Status. */
function statusMessage(text: string): string {
  try {
    const { message } = JSON.parse(text) as { message?: unknown };
    return typeof message === "string" ? message : "";
  } catch {
    return text.slice(0, 200);
  }
}

/** `fetch failed` says nothing; its cause does. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  if (error.name === "TimeoutError") return "it gave no answer before the deadline.";
  const { cause } = error;
  if (!(cause instanceof Error)) return `${error.message}.`;
  return `${cause.message === "" ? ((cause as NodeJS.ErrnoException).code ?? error.message) : cause.message}.`;
}
