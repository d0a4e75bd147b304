import { z } from "zod";

const share = z.number().min(0).max(1);

/** Faults for drills, as JSON in `ATOM_FAULTS`. An unknown key is an error: a drill that does nothing proves nothing. */
export const faultsSchema = z.strictObject({
  /** Share of requests that are answered with `errorStatus`. */
  errorShare: share.default(0),
  errorStatus: z.number().int().min(400).max(599).default(500),
  /** Added before a request is handled, in milliseconds. */
  latencyMs: z.number().int().min(0).max(60_000).default(0),
  /** Share of requests that `latencyMs` is added to. */
  latencyShare: share.default(1),
  /** How the requests that a share means follow one another: every tenth for 10 %, or each with a chance of 10 %, as faults come in the wild. */
  spacing: z.enum(["even", "random"]).default("even"),
  /** The process exits with code 1 this long after its start. */
  crashAfterSeconds: z.number().min(0).max(86_400).optional(),
  memoryLeakMiBPerSecond: z.number().positive().max(1024).optional(),
  /** Readiness answers 503 for ever. */
  notReady: z.boolean().default(false),
  /** Route patterns that errors and latency apply to. Default: every route under /api. */
  routes: z.array(z.string().startsWith("/")).min(1).optional(),
  /** Requests with this header are spared: `x-canary` makes a version that passes its smoke test and fails its users. */
  exceptHeader: z
    .string()
    .regex(/^[a-z0-9-]+$/)
    .optional(),
});

export type Faults = z.infer<typeof faultsSchema>;

/** What happens to one request. */
export interface RequestFault {
  readonly delayMs: number;
  /** Answer with this status instead of handling the request. */
  readonly status: number | undefined;
}

/** Decides which requests fail. Unless chance is asked for, shares are spaced evenly: 10 % means every tenth request and not about one in ten. */
export class FaultPlan {
  readonly #faults: Faults;
  readonly #isErrorDue: () => boolean;
  readonly #isLatencyDue: () => boolean;

  /** @param random from 0 up to 1, for faults that come by chance @default Math.random */
  constructor(faults: Faults, random: () => number = Math.random) {
    const due = (share: number): (() => boolean) =>
      faults.spacing === "even" ? evenly(share) : () => random() < share;
    this.#faults = faults;
    this.#isErrorDue = due(faults.errorShare);
    this.#isLatencyDue = due(faults.latencyShare);
  }

  /**
   * @param route the route's pattern; undefined for a request that no route matches
   * @param headers names of the request's headers, in lower case
   */
  next(route: string | undefined, headers: readonly string[] = []): RequestFault {
    const { exceptHeader } = this.#faults;
    const spared = exceptHeader !== undefined && headers.includes(exceptHeader);
    if (spared || !this.#appliesTo(route)) return { delayMs: 0, status: undefined };
    return {
      delayMs: this.#isLatencyDue() ? this.#faults.latencyMs : 0,
      status: this.#isErrorDue() ? this.#faults.errorStatus : undefined,
    };
  }

  #appliesTo(route: string | undefined): boolean {
    if (route === undefined) return false;
    return this.#faults.routes?.includes(route) ?? route.startsWith("/api/");
  }
}

/** True for `share` of the calls: after n calls it was true for floor(n · share) of them. */
function evenly(share: number): () => boolean {
  // In millionths, because adding 0.1 ten times does not make 1.
  const step = Math.round(share * 1_000_000);
  let sum = 0;
  return () => {
    sum += step;
    if (sum < 1_000_000) return false;
    sum -= 1_000_000;
    return true;
  };
}

/** Starts the faults that need no request: the crash and the leak. They end with the signal. */
export function startProcessFaults(faults: Faults, crash: () => void, signal: AbortSignal): void {
  if (faults.crashAfterSeconds !== undefined) {
    const timer = setTimeout(crash, faults.crashAfterSeconds * 1000);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
    });
  }
  if (faults.memoryLeakMiBPerSecond !== undefined) {
    const leaked: Buffer[] = [];
    const bytes = Math.ceil(faults.memoryLeakMiBPerSecond * 1024 * 1024);
    // Filled with a byte that is not 0, or the kernel would not back the pages with memory.
    const timer = setInterval(() => leaked.push(Buffer.alloc(bytes, 1)), 1000);
    signal.addEventListener("abort", () => {
      clearInterval(timer);
    });
  }
}
