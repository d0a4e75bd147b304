import { within } from "../release/deadline.ts";
import { messageOf } from "../release/persist.ts";
import type { Clock } from "../release/ports.ts";
import type { KubernetesObject, ObjectName, Resource, WatchApi } from "./api.ts";
import { ExpiredError } from "./errors.ts";

export interface ObjectWatchOptions<T extends KubernetesObject> {
  readonly cluster: WatchApi;
  readonly clock: Clock;
  readonly resource: Resource<T>;
  readonly name: ObjectName;
  /** Given the object as it is, and then each change of it; `undefined` where there is none. */
  readonly onObject: (object: T | undefined) => void;
  /** The API server answers the watch from now on. */
  readonly onConnected: () => void;
  /** It does not, and why, in a line. Called again for each try that fails. */
  readonly onDisconnected: (why: string, error: unknown) => void;
}

/**
 * The API server is asked to end each watch after so long, in seconds: a connection that died in silence is then found out as soon as the
 * end fails to come, and six watches make less than one request a second.
 */
const watchSeconds = 10;
/** How long the API server may take to begin its answer, and how much later than asked it may end it, in milliseconds. */
const grace = 3_000;
const firstPause = 100;
const longestPause = 5_000;
/** A watch that ends sooner did not work, however it ended, in milliseconds: it must not be asked for again and again. */
const shortest = 5_000;

/**
 * Watches one object until the signal fires; rejects with its reason. Lists it, goes on from the list's version, and connects again with
 * growing pauses whatever happens; a version that the API server no longer knows (410) has it listed again. Nothing between two watches is missed.
 */
export async function watchObject<T extends KubernetesObject>(
  options: ObjectWatchOptions<T>,
  signal: AbortSignal,
): Promise<never> {
  const { clock, onDisconnected } = options;
  const watch = new Watch(options);
  for (let pause = firstPause; ; pause = Math.min(2 * pause, longestPause)) {
    const start = clock.monotonic();
    await watch.once(signal).catch((error: unknown) => {
      signal.throwIfAborted();
      onDisconnected(messageOf(error), error);
    });
    if (clock.monotonic() - start >= shortest) pause = firstPause;
    await clock.sleep(pause, signal);
  }
}

class Watch<T extends KubernetesObject> {
  readonly #options: ObjectWatchOptions<T>;
  #version: string | undefined;

  constructor(options: ObjectWatchOptions<T>) {
    this.#options = options;
  }

  /** Watches until the API server ends it. */
  async once(signal: AbortSignal): Promise<void> {
    const { cluster, clock, resource, name, onObject, onConnected } = this.#options;
    // A name that is selected as a field is what RBAC grants by `resourceNames`.
    const where = { namespace: name.namespace, fields: `metadata.name=${name.name}` };
    this.#version ??= await this.#list(where, signal);
    const silent = new AbortController();
    const answered = new AbortController();
    const from = {
      resourceVersion: this.#version,
      seconds: watchSeconds,
      onOpen: () => {
        answered.abort();
        onConnected();
      },
      onEvent: ({ type, object }: { readonly type: string; readonly object: T }) => {
        this.#version = object.metadata.resourceVersion ?? this.#version;
        if (type !== "BOOKMARK") onObject(type === "DELETED" ? undefined : object);
      },
    };
    const stop = AbortSignal.any([signal, silent.signal]);
    clock.sleep(grace, AbortSignal.any([stop, answered.signal])).then(
      () => {
        silent.abort(new Error(`the watch of ${resource.plural} ${name.name} got no answer within ${grace / 1000} s`));
      },
      () => undefined,
    );
    try {
      await within(clock, watchSeconds * 1000 + grace, stop, (limited) =>
        cluster.watch(resource, where, from, { signal: limited }),
      );
    } catch (error) {
      if (error instanceof ExpiredError) this.#version = undefined;
      throw error;
    } finally {
      answered.abort();
    }
  }

  async #list(where: { readonly namespace: string; readonly fields: string }, signal: AbortSignal): Promise<string> {
    const { cluster, resource, onObject } = this.#options;
    const { items, resourceVersion } = await cluster.listVersioned(resource, where, { signal });
    onObject(items[0]);
    return resourceVersion;
  }
}
