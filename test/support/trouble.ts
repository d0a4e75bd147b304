import type { ServerResponse } from "node:http";

/** What goes wrong with a request to a stand-in of an HTTP service. `accepted`: whether the service did what was asked before it went wrong. */
export type Fault =
  | { readonly kind: "status"; readonly status: number }
  | { readonly kind: "rateLimited"; readonly retryAfterSeconds: number }
  /** The connection stays open and nothing comes. */
  | { readonly kind: "silent"; readonly accepted: boolean }
  /** The connection is reset. */
  | { readonly kind: "dropped"; readonly accepted: boolean };

interface Planned {
  readonly method: string | undefined;
  readonly fault: Fault;
  left: number;
}

/** The trouble that a test has planned for a stand-in. */
export class Trouble {
  readonly #planned: Planned[] = [];
  #outage: Fault | undefined;

  /** Plans a fault for the next `count` requests, of one method or of any. Faults of the same requests come in the order of their plans. */
  next(count: number, fault: Fault, method?: string): void {
    this.#planned.push({ method, fault, left: count });
  }

  /** From now on every request fails, until {@link restore}. @default the connection is reset before anything was done */
  outage(fault: Fault = { kind: "dropped", accepted: false }): void {
    this.#outage = fault;
  }

  /** Ends the outage, and forgets what else was planned. */
  restore(): void {
    this.#outage = undefined;
    this.#planned.length = 0;
  }

  /** The fault that a request of this method meets, if any; it is used up by that. */
  take(method: string): Fault | undefined {
    if (this.#outage !== undefined) return this.#outage;
    const planned = this.#planned.find((each) => each.left > 0 && (each.method ?? method) === method);
    if (planned === undefined) return undefined;
    planned.left -= 1;
    return planned.fault;
  }
}

/** Whether the service does what is asked although its answer goes wrong. */
export function isAccepted(fault: Fault): boolean {
  return (fault.kind === "silent" || fault.kind === "dropped") && fault.accepted;
}

/** Answers a request the way of the fault. */
export function fail(response: ServerResponse, fault: Fault): void {
  switch (fault.kind) {
    case "status":
      response.writeHead(fault.status, { "content-type": "text/plain" }).end("trouble, as planned");
      return;
    case "rateLimited":
      response
        .writeHead(429, { "content-type": "application/json", "retry-after": String(fault.retryAfterSeconds) })
        .end(JSON.stringify({ ok: false, error: "ratelimited" }));
      return;
    case "silent":
      return;
    case "dropped":
      response.socket?.resetAndDestroy();
  }
}
