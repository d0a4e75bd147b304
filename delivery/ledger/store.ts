import { ledgerKey, ledgerName } from "../../components/names/names.ts";
import { UserError } from "../../components/errors/user-error.ts";
import { parseLedger, type Ledger } from "../../components/ledger/ledger.ts";
import type { ClusterApi, ObjectName } from "../cluster/api.ts";
import { ConflictError, LeaseLostError, NotFoundError, UnreachableError } from "../cluster/errors.ts";
import { configMaps, type ConfigMap } from "../cluster/resources.ts";
import { persist } from "../release/persist.ts";
import type { Clock } from "../release/ports.ts";
import { boundedText } from "./bounds.ts";

/** There is no ledger: the environment was never brought up, or something took it away. */
export class LedgerMissingError extends UserError {
  override readonly name = "LedgerMissingError";

  constructor(where: string) {
    super(
      `The ledger ${where} does not exist.\nBring the environment up first: npm run up -- --stack NAME. Where it was lost, that says how a new one begins.`,
    );
  }
}

export interface LedgerStoreOptions {
  readonly cluster: ClusterApi;
  readonly clock: Clock;
  readonly namespace: string;
  readonly service: string;
}

export interface UpdateOptions {
  readonly signal: AbortSignal;
  /** Refuse with LeaseLostError unless this is the ledger's fence. @default whoever has the right may write */
  readonly fence?: number;
  /** Milliseconds for all tries. @default 10000 */
  readonly timeout?: number;
}

const defaultTimeout = 10_000;
/** Tries of an update that follow one another at once when somebody else was faster: the way back must not wait for whoever sends messages. */
const quickTries = 4;

/**
 * The ledger in its ConfigMap. One that cannot be read (LedgerCorruptError, LedgerNewerError, LedgerMissingError) is never written: every
 * update begins with a read, and names the version that it read.
 */
export class LedgerStore {
  readonly #options: LedgerStoreOptions;
  readonly #name: ObjectName;

  constructor(options: LedgerStoreOptions) {
    this.#options = options;
    this.#name = { namespace: options.namespace, name: ledgerName(options.service) };
  }

  async read(signal: AbortSignal): Promise<Ledger> {
    return this.#parse(await this.#get(signal));
  }

  /**
   * Reads, changes and writes the ledger in one compare-and-swap, and begins anew when somebody else was faster.
   *
   * @param change pure; `undefined` when nothing is to be changed. What it throws comes through
   * @returns the ledger as it now is
   */
  async update(change: (ledger: Ledger) => Ledger | undefined, options: UpdateOptions): Promise<Ledger> {
    const { clock } = this.#options;
    const { signal, timeout = defaultTimeout } = options;
    return persist(() => this.#contend(change, options), {
      clock,
      signal,
      patience: timeout,
      retry: (error) => error instanceof ConflictError || error instanceof UnreachableError,
    });
  }

  /**
   * Shuts out every releaser before this one. The number that is answered is the new one's fence.
   *
   * @param instead the number that this releaser has, and one that it needs to be above as well: LeaseLostError where another releaser has taken
   * a number since @default it has none yet
   */
  async takeFence(signal: AbortSignal, instead?: { readonly of: number; readonly above: number }): Promise<number> {
    // Taking the first one twice after an unanswered write costs a number and nothing else.
    const { fence } = await this.update(
      (ledger) => ({ ...ledger, fence: Math.max(ledger.fence, instead?.above ?? 0) + 1 }),
      { signal, ...(instead && { fence: instead.of }) },
    );
    return fence;
  }

  /** Writes it as it is. Rejects with what would keep it from being written, after as long as an update takes. */
  async rewrite(signal: AbortSignal): Promise<void> {
    await this.update((ledger) => ({ ...ledger }), { signal });
  }

  async #contend(change: (ledger: Ledger) => Ledger | undefined, options: UpdateOptions): Promise<Ledger> {
    for (let tries = 1; ; tries += 1) {
      try {
        return await this.#swap(change, options);
      } catch (error) {
        if (!(error instanceof ConflictError) || tries >= quickTries) throw error;
      }
    }
  }

  async #swap(
    change: (ledger: Ledger) => Ledger | undefined,
    { signal, fence, timeout = defaultTimeout }: UpdateOptions,
  ): Promise<Ledger> {
    const live = await this.#get(signal);
    const ledger = this.#parse(live);
    if (fence !== undefined && ledger.fence !== fence)
      throw new LeaseLostError("taken", `the ledger belongs to releaser ${ledger.fence}, and this is ${fence}`);
    const next = change(ledger);
    if (next === undefined) return ledger;
    const { resourceVersion } = live.metadata;
    const { ledger: bounded, text } = boundedText(next);
    const body = { metadata: { resourceVersion }, data: { [ledgerKey]: text } };
    await this.#options.cluster.patch(configMaps, this.#name, { type: "merge", body }, { signal, timeout });
    return bounded;
  }

  async #get(signal: AbortSignal): Promise<ConfigMap> {
    try {
      return await this.#options.cluster.get(configMaps, this.#name, { signal });
    } catch (error) {
      if (error instanceof NotFoundError) throw new LedgerMissingError(this.#where);
      throw error;
    }
  }

  #parse({ data }: ConfigMap): Ledger {
    return parseLedger(data?.[ledgerKey] ?? "", this.#where, this.#options.service);
  }

  get #where(): string {
    return `${this.#name.namespace}/${this.#name.name}`;
  }
}
