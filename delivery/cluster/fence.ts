import { persist } from "../release/persist.ts";
import type { Clock } from "../release/ports.ts";
import type { CallOptions, ClusterApi, FencedWriter, KubernetesObject, ObjectName, Resource } from "./api.ts";
import { ConflictError, LeaseLostError, NotFoundError, UnreachableError } from "./errors.ts";

/** Annotation of every object that a release moves: the number of the releaser that may change it. */
export const fenceAnnotation = "atom.dev/fence";

/** Annotation of an object whose version a patch has changed for no other reason than that an earlier one, still unanswered, names it. */
export const overtakenAnnotation = "atom.dev/overtaken";

export interface FenceOptions {
  readonly cluster: ClusterApi;
  readonly clock: Clock;
  /** This releaser's number: that of the ledger when it took the lease. */
  readonly fence: number;
  /** Throws a LeaseLostError when the lease is not in hand: see `HeldLease.check`. */
  readonly check: () => void;
}

const defaultTimeout = 10_000;

/**
 * Writes for the holder of the lease. An object that a later releaser has stamped is refused, by what was read as well as by the
 * API server, since every patch names the version of the object that it was built from. So a releaser that was stopped between
 * its check and its patch cannot act when it continues.
 *
 * Nor can an earlier patch of its own that is held on its way, as by an admission webhook, and lands later: where an object is as it is to be
 * and such a patch names its present version, the object gets another version.
 */
export class Fence implements FencedWriter {
  readonly #options: FenceOptions;
  /** Objects as they were last seen: the way back begins with a patch and not with a read. */
  readonly #seen = new Map<string, KubernetesObject>();
  /** How many patches that name a version of an object were sent and not answered. */
  readonly #unanswered = new Map<string, number>();

  constructor(options: FenceOptions) {
    this.#options = options;
  }

  /**
   * Stamps an object with this releaser's number, so that those before it cannot change it any more. Does nothing where there is none.
   *
   * @returns the number that it bears now; one above this releaser's was left as it is, and 0 where there is no object
   */
  async stamp(resource: Resource<KubernetesObject>, name: ObjectName, options?: CallOptions): Promise<number> {
    const { fence } = this.#options;
    let found = 0;
    const change = (live: KubernetesObject): Readonly<Record<string, unknown>> | undefined => {
      found = fenceOf(live);
      return found === fence ? undefined : {};
    };
    try {
      await this.write(resource, name, change, options);
      return fence;
    } catch (error) {
      if (error instanceof NotFoundError) return 0;
      if (found > fence) return found;
      throw error;
    }
  }

  async write<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    change: (live: T) => Readonly<Record<string, unknown>> | undefined,
    options: CallOptions = {},
  ): Promise<T> {
    const { clock } = this.#options;
    const { timeout = defaultTimeout, signal = new AbortController().signal } = options;
    const start = clock.monotonic();
    const left = (): number => Math.max(1, timeout - (clock.monotonic() - start));
    // An unanswered patch is sent again: built from the object as it then is, it does nothing twice.
    return persist(() => this.#try(resource, name, change, { signal, timeout: left() }), {
      clock,
      signal,
      patience: timeout,
      retry: (error) => error instanceof UnreachableError || error instanceof ConflictError,
    });
  }

  async #try<T extends KubernetesObject>(
    resource: Resource<T>,
    name: ObjectName,
    change: (live: T) => Readonly<Record<string, unknown>> | undefined,
    options: CallOptions,
  ): Promise<T> {
    const { cluster, fence, check } = this.#options;
    const key = `${resource.plural}/${name.namespace}/${name.name}`;
    check();
    const known = this.#seen.get(key) as T | undefined;
    // Forgotten until it succeeds: after a failure it is read anew.
    this.#seen.delete(key);
    let live = known ?? (await cluster.get(resource, name, options));
    let patch = change(live);
    if (patch === undefined && known !== undefined) {
      // That nothing is to be done is not decided on what was seen a while ago.
      live = await cluster.get(resource, name, options);
      patch = change(live);
    }
    if (patch === undefined && this.#mayStillLand(key, live)) patch = overtaking(live);
    const found = fenceOf(live);
    if (found > fence) throw new LeaseLostError("taken", `${key} belongs to releaser ${found}, and this is ${fence}`);
    if (patch !== undefined) {
      check();
      const { signal, ...waiting } = options;
      signal?.throwIfAborted();
      const answered = this.#sent(key, live);
      try {
        // Once it is sent it is waited for: of a patch that is given up nobody knows whether it takes place after all.
        live = await cluster.patch(resource, name, { type: "merge", body: stamped(patch, live, fence) }, waiting);
        answered();
      } catch (error) {
        if (!(error instanceof UnreachableError)) answered();
        // What was seen a while ago has changed since: no reason to pause before reading it.
        if (error instanceof ConflictError && known !== undefined) return this.#try(resource, name, change, options);
        throw error;
      }
    }
    this.#seen.set(key, live);
    return live;
  }

  /** Counts a patch of this version as on its way, until what is returned is called: when it is known what became of it. */
  #sent(key: string, live: KubernetesObject): () => void {
    const version = versionOf(key, live);
    const count = (change: number): void => {
      const left = (this.#unanswered.get(version) ?? 0) + change;
      if (left === 0) this.#unanswered.delete(version);
      else this.#unanswered.set(version, left);
    };
    count(1);
    return () => {
      count(-1);
    };
  }

  #mayStillLand(key: string, live: KubernetesObject): boolean {
    return this.#unanswered.has(versionOf(key, live));
  }
}

function versionOf(key: string, { metadata }: KubernetesObject): string {
  return `${key} ${metadata.resourceVersion ?? ""}`;
}

function overtaking({ metadata }: KubernetesObject): Readonly<Record<string, unknown>> {
  return { metadata: { annotations: { [overtakenAnnotation]: metadata.resourceVersion } } };
}

function stamped(
  patch: Readonly<Record<string, unknown>>,
  { metadata }: KubernetesObject,
  fence: number,
): Record<string, unknown> {
  const { metadata: own, ...rest } = patch as { readonly metadata?: Record<string, unknown> };
  const annotations = { ...(own?.annotations as object | undefined), [fenceAnnotation]: String(fence) };
  return { ...rest, metadata: { ...own, resourceVersion: metadata.resourceVersion, annotations } };
}

/** 0 where no releaser has been yet, or somebody made it unreadable. */
function fenceOf({ metadata }: KubernetesObject): number {
  const value = Number(metadata.annotations?.[fenceAnnotation] ?? 0);
  return Number.isSafeInteger(value) ? value : 0;
}
