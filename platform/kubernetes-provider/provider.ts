import { ApiClient } from "./api-client.ts";
import { Cluster } from "./cluster.ts";
import { EngineLog } from "./engine-log.ts";
import type { JsonObject } from "./json.ts";
import { check, type CheckFailure, type CheckRequest } from "./operations/check.ts";
import type { Context } from "./operations/context.ts";
import { create, type CreateRequest, type CreateResult } from "./operations/create.ts";
import { remove, type DeleteRequest } from "./operations/delete.ts";
import { diff, type DiffRequest, type DiffResult } from "./operations/diff.ts";
import { read, type ReadRequest, type ReadResult } from "./operations/read.ts";
import { update, type UpdateRequest } from "./operations/update.ts";
import { checkSettings, clusterAddress, loadKubeConfig, parseSettings } from "./settings.ts";
import { refuseProtectedStack } from "./stack-guard.ts";

const NOTICE =
  "Atom's stand-in for the Kubernetes provider plugin is at work, not the official plugin: for local environments and tests only";

export interface ConfigDiff {
  readonly changed: readonly string[];
  /** Of those, the ones that lead to another cluster: everything in the old one must be made anew. */
  readonly replaces: readonly string[];
}

/** The provider as the engine sees it: its configuration first, then operations on resources, until it is cancelled. */
export class Provider {
  readonly log = new EngineLog();
  readonly #cancellation = new AbortController();
  #context: Context | undefined;

  async checkConfig(urn: string, args: JsonObject): Promise<readonly CheckFailure[]> {
    refuseProtectedStack(urn);
    await this.log.log("INFO", urn, NOTICE);
    return checkSettings(args);
  }

  diffConfig(urn: string, olds: JsonObject, news: JsonObject): ConfigDiff {
    refuseProtectedStack(urn);
    const keys = new Set([...Object.keys(olds), ...Object.keys(news)]);
    const changed = [...keys].filter((key) => JSON.stringify(olds[key]) !== JSON.stringify(news[key]));
    const [before, after] = [clusterAddress(olds), clusterAddress(news)];
    const moved = before !== undefined && after !== undefined && before !== after;
    const replaces = changed.filter((key) => moved && ["kubeconfig", "context", "cluster"].includes(key));
    return { changed, replaces };
  }

  /** Throws when the kubeconfig cannot be used. Does not talk to the cluster yet. */
  configure(args: JsonObject): void {
    const settings = parseSettings(args);
    const cluster = new Cluster(new ApiClient(loadKubeConfig(settings)));
    this.#context = { cluster, settings, log: this.log, signal: this.#cancellation.signal };
  }

  check(request: CheckRequest): Promise<{ readonly inputs: JsonObject; readonly failures: readonly CheckFailure[] }> {
    return check(this.#for(request.urn), request);
  }

  diff(urn: string, request: DiffRequest): Promise<DiffResult> {
    return diff(this.#for(urn), request);
  }

  create(request: CreateRequest): Promise<CreateResult> {
    return create(this.#for(request.urn), request);
  }

  read(request: ReadRequest): Promise<ReadResult | undefined> {
    return read(this.#for(request.urn), request);
  }

  update(request: UpdateRequest): Promise<JsonObject> {
    return update(this.#for(request.urn), request);
  }

  delete(request: DeleteRequest): Promise<void> {
    return remove(this.#for(request.urn), request);
  }

  /** Ends every wait; what was made so far is reported as not ready. */
  cancel(): void {
    this.#cancellation.abort(new Error("cancelled"));
  }

  #for(urn: string): Context {
    refuseProtectedStack(urn);
    if (this.#context === undefined) throw new Error("the provider was used before it was configured");
    return this.#context;
  }
}
