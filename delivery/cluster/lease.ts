import type { Clock } from "../release/ports.ts";
import { within } from "../release/deadline.ts";
import { messageOf, persist } from "../release/persist.ts";
import type { ClusterApi, ObjectName } from "./api.ts";
import { ConflictError, LeaseLostError, NotFoundError, UnreachableError } from "./errors.ts";
import { leases, type Lease } from "./resources.ts";

export interface LeaseOptions {
  readonly cluster: ClusterApi;
  readonly clock: Clock;
  readonly lease: ObjectName;
  /** Who takes it: unique in the world, and telling for people (`anna@laptop 4711`). */
  readonly holder: string;
  /** How long it is good for without being renewed. @default 15000 ms */
  readonly duration?: number;
  /** @default 5000 ms */
  readonly renewEvery?: number;
  /** After this long without success the holder itself takes it for lost. Shorter than `duration`. @default 10000 ms */
  readonly renewDeadline?: number;
}

export interface AcquireOptions {
  /** Give up when a living holder is seen to renew it. @default wait until it is free */
  readonly refuse?: boolean;
  /**
   * Take it from a living holder once this has resolved. The fence keeps that one from acting. What it rejects with comes through, and the holder
   * has not lost anything. @default that one is waited for
   */
  readonly force?: (signal: AbortSignal) => Promise<void>;
  /** Told once for each holder that is waited for. */
  readonly onWait?: (holder: string) => void;
  readonly signal: AbortSignal;
}

/** Somebody else holds the lease and is alive. */
export class LeaseHeldError extends Error {
  override readonly name = "LeaseHeldError";
  readonly holder: string;

  constructor(holder: string) {
    super(`Another release is under way: ${holder} holds the lease.`);
    this.holder = holder;
  }
}

/** A lease in one's hands. */
export interface HeldLease {
  /** Fires with a LeaseLostError when it is lost; nothing may be done from then on. */
  readonly lost: AbortSignal;
  /** Throws a LeaseLostError when it is lost, or may be by this machine's own clock. */
  check(): void;
  /**
   * Has a lease that nobody holds any more (somebody deleted it, or took it and gave it back) taken anew while this says that no other releaser
   * has begun. Until it is called such a lease is lost.
   */
  holdWhile(isOwn: (signal: AbortSignal) => Promise<boolean>): void;
  /** Milliseconds between the last sign of life of whoever held it before and the taking; 0 when it was given back or new. */
  readonly deadFor: number;
  /** Gives it back, so that the next one need not wait. Never rejects: it expires by itself. */
  release(): Promise<void>;
}

const look = 500;

/**
 * Takes the lease, waiting until its holder gave it back or has not renewed it for its duration. As client-go does, that time is
 * measured here from the moment at which a change was last *seen*: clocks of other machines do not matter, and whoever arrives
 * waits at least one duration.
 */
export async function acquireLease(options: LeaseOptions, acquire: AcquireOptions): Promise<HeldLease> {
  const { cluster, clock, lease: name } = options;
  const { signal, refuse = false, force, onWait } = acquire;
  let seen: string | undefined;
  let seenAt = clock.monotonic();
  let told: string | undefined;
  let mayForce = false;
  for (;;) {
    const live = await readLease(options, signal);
    const holder = live?.spec?.holderIdentity ?? "";
    const mark = live?.metadata.resourceVersion;
    const now = clock.monotonic();
    if (mark !== seen) {
      if (seen !== undefined && holder !== "" && refuse) throw new LeaseHeldError(holder);
      seen = mark;
      seenAt = now;
    }
    const expired = now - seenAt >= (live?.spec?.leaseDurationSeconds ?? 0) * 1000;
    const isFree = live === undefined || holder === "" || holder === options.holder || expired;
    if (!isFree && force !== undefined && !mayForce) await force(signal);
    mayForce ||= force !== undefined;
    if (isFree || mayForce) {
      const sentAt = clock.monotonic();
      const taken = await write(cluster, name, live, specFor(options, live), signal);
      if (taken !== undefined) return new Holding(options, taken, sentAt, deadFor(live, clock.now()));
    } else {
      if (told !== holder) onWait?.(holder);
      told = holder;
      await clock.sleep(look, signal);
    }
  }
}

/** Renews until it is released or lost. */
class Holding implements HeldLease {
  readonly deadFor: number;
  readonly #options: Required<LeaseOptions>;
  readonly #lost = new AbortController();
  readonly #stop = new AbortController();
  readonly #renewing: Promise<void>;
  #isOwn: (signal: AbortSignal) => Promise<boolean> = () => Promise.resolve(false);
  #live: Lease;
  #renewedAt: number;

  constructor(options: LeaseOptions, live: Lease, sentAt: number, wasDeadFor: number) {
    this.#options = { duration: 15_000, renewEvery: 5_000, renewDeadline: 10_000, ...options };
    this.#live = live;
    this.#renewedAt = sentAt;
    this.deadFor = wasDeadFor;
    this.#renewing = this.#renew();
  }

  get lost(): AbortSignal {
    return this.#lost.signal;
  }

  check(): void {
    // A process that was stopped and continued must not trust that its timers ran.
    if (!this.#lost.signal.aborted && this.#age() >= this.#options.duration)
      this.#lose(new LeaseLostError("expired", `not renewed for ${(this.#age() / 1000).toFixed(0)} s`));
    this.#lost.signal.throwIfAborted();
  }

  holdWhile(isOwn: (signal: AbortSignal) => Promise<boolean>): void {
    this.#isOwn = isOwn;
  }

  async release(): Promise<void> {
    this.#stop.abort();
    await this.#renewing;
    if (this.#lost.signal.aborted) return;
    const { cluster, clock, lease, renewEvery } = this.#options;
    const given = { holderIdentity: "", leaseDurationSeconds: 1, renewTime: microTime(clock.now()) };
    const never = new AbortController().signal;
    await within(clock, renewEvery, never, (signal) => write(cluster, lease, this.#live, given, signal)).catch(
      () => undefined,
    );
  }

  #age(): number {
    return this.#options.clock.monotonic() - this.#renewedAt;
  }

  #lose(error: LeaseLostError): void {
    this.#lost.abort(error);
    this.#stop.abort();
  }

  async #renew(): Promise<void> {
    const { clock, renewEvery, renewDeadline } = this.#options;
    const { signal } = this.#stop;
    try {
      for (;;) {
        await clock.sleep(renewEvery, signal);
        // Who was refused, or found a ledger that cannot be read, may get through a moment later, while the lease is still good.
        await persist(() => this.#renewOnce(signal), {
          clock,
          signal,
          patience: Math.max(0, renewDeadline - this.#age()),
        });
      }
    } catch (error) {
      if (signal.aborted) return;
      this.#lose(
        error instanceof LeaseLostError
          ? error
          : new LeaseLostError("expired", `it cannot be renewed: ${messageOf(error)}`, { cause: error }),
      );
    }
  }

  async #renewOnce(signal: AbortSignal): Promise<void> {
    const { cluster, clock, lease, renewDeadline } = this.#options;
    const sentAt = clock.monotonic();
    const limit = Math.max(1_000, renewDeadline - this.#age());
    const spec = { renewTime: microTime(clock.now()) };
    let renewed = await write(cluster, lease, this.#live, spec, signal, limit);
    if (renewed === undefined) {
      // An earlier try may have got through unanswered: it is still ours if it still names us.
      const live = await readLease(this.#options, signal);
      const holder = live?.spec?.holderIdentity ?? "";
      const isOurs = holder === this.#options.holder;
      if (!isOurs && (holder !== "" || !(await this.#isOwn(signal))))
        throw new LeaseLostError("taken", `${holder === "" ? "nobody" : holder} holds it now`);
      renewed = await write(cluster, lease, live, isOurs ? spec : specFor(this.#options, live), signal, limit);
      if (renewed === undefined) throw new UnreachableError({ verb: "patch", target: lease.name }, "it keeps changing");
    }
    this.#live = renewed;
    this.#renewedAt = sentAt;
  }
}

async function readLease({ cluster, lease }: LeaseOptions, signal: AbortSignal): Promise<Lease | undefined> {
  try {
    return await cluster.get(leases, lease, { signal });
  } catch (error) {
    if (error instanceof NotFoundError) return undefined;
    throw error;
  }
}

/** Writes over exactly what was read; `undefined` when somebody else was faster. */
async function write(
  cluster: ClusterApi,
  { namespace, name }: ObjectName,
  live: Lease | undefined,
  spec: Lease["spec"],
  signal: AbortSignal,
  timeout?: number,
): Promise<Lease | undefined> {
  try {
    if (live === undefined)
      return await cluster.create(leases, { metadata: { namespace, name }, spec: spec ?? {} }, { signal, timeout });
    const body = { metadata: { resourceVersion: live.metadata.resourceVersion }, spec };
    return await cluster.patch(leases, { namespace, name }, { type: "merge", body }, { signal, timeout });
  } catch (error) {
    if (error instanceof ConflictError || (live !== undefined && error instanceof NotFoundError)) return undefined;
    throw error;
  }
}

function specFor(
  { holder, duration = 15_000, clock }: LeaseOptions,
  live: Lease | undefined,
): NonNullable<Lease["spec"]> {
  const now = microTime(clock.now());
  const same = live?.spec?.holderIdentity === holder;
  return {
    holderIdentity: holder,
    leaseDurationSeconds: Math.ceil(duration / 1000),
    acquireTime: now,
    renewTime: now,
    leaseTransitions: (live?.spec?.leaseTransitions ?? 0) + (same ? 0 : 1),
  };
}

/** The API wants microseconds. */
function microTime(instant: number): string {
  return new Date(instant).toISOString().replace("Z", "000Z");
}

/**
 * For how long nobody renewed it. This does compare two machines' clocks; a wrong one makes a release go back that could have been
 * resumed, or the other way round, and never lets two act.
 */
function deadFor(live: Lease | undefined, now: number): number {
  const { holderIdentity, renewTime } = live?.spec ?? {};
  if (holderIdentity === undefined || holderIdentity === null || renewTime === undefined) return 0;
  const last = Date.parse(renewTime);
  return Number.isNaN(last) ? 0 : Math.max(0, now - last);
}
