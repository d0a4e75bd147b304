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
    const kubeConfig = new KubeConfig();
    try {
      load(kubeConfig, settings.kubeconfig ?? env.KUBECONFIG);
    } catch (cause) {
      throw new ClusterContextError(context, (cause as Error).message, { cause });
    }
    const known = kubeConfig.getContexts().map(({ name }) => name);
    if (!known.includes(context))
      throw new ClusterContextError(context, `the kubeconfig has the contexts ${known.join(", ") || "(none)"}.`);
    kubeConfig.setCurrentContext(context);
    const server = kubeConfig.getCurrentCluster()?.server;
    if (server === undefined)
      throw new ClusterContextError(context, "the context names a cluster that the kubeconfig does not have.");
    return new ApiServer(kubeConfig, { context, server }, signal);
  }

  /**
   * Reads one object by its path; `undefined` where there is none. Throws a {@link ClusterUnreachableError}, a
   * {@link ClusterAccessError} or a {@link ClusterAnswerError}.
   */
  async get(path: string): Promise<unknown> {
    const { status, text } = await this.#request(path);
    if (status === 404) return undefined;
    if (status === 401 || status === 403) throw new ClusterAccessError(this.#target, status, path, statusMessage(text));
    if (status !== 200)
      throw new ClusterAnswerError(this.#target, path, `status ${status} ${statusMessage(text)}`.trim());
    try {
      return JSON.parse(text);
    } catch (cause) {
      throw new ClusterAnswerError(this.#target, path, "it is not JSON", { cause });
    }
  }

  /** An answer for `path` that is JSON but not of the form that it must have. */
  unusable(path: string, detail: string): ClusterAnswerError {
    return new ClusterAnswerError(this.#target, path, detail);
  }

  async #request(path: string): Promise<{ status: number; text: string }> {
    const request = new RequestContext(`${this.#target.server}${path}`, HttpMethod.GET);
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

/** As kubectl does, but for its last resort: without any kubeconfig there is no cluster, and not one on localhost. */
function load(kubeConfig: KubeConfig, files: string | undefined): void {
  if (files === undefined || files === "") {
    kubeConfig.loadFromDefault();
    return;
  }
  const [first, ...others] = files.split(process.platform === "win32" ? ";" : ":").filter((file) => file !== "");
  if (first === undefined) throw new Error("KUBECONFIG names no file");
  kubeConfig.loadFromFile(first);
  for (const file of others) {
    const other = new KubeConfig();
    other.loadFromFile(file);
    kubeConfig.mergeConfig(other, true);
  }
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
