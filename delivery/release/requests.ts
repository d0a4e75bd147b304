import type { PersonsRequest } from "../../components/ledger/release-record.ts";
import type { ReleaseState } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";

/**
 * What a person's request means to a release in this state; `undefined` when it was for another moment. Requests stay in the ledger,
 * so one that was answered before a restart is seen again.
 *
 * @param heldAt `seq` of the line that held the release last
 */
export function eventOf(request: PersonsRequest, state: ReleaseState, heldAt: number): ReleaseEvent | undefined {
  const { phase, step } = state;
  switch (request.kind) {
    case "approve":
      if (phase !== "awaiting-approval" || step !== request.step) return undefined;
      return { type: "approved", detail: `approved by ${request.by}` };
    case "resume":
      if (phase !== "held" || heldAt !== request.heldAt) return undefined;
      return { type: "resumed", detail: `resumed by ${request.by}` };
    case "abort":
      return { type: "failed", reason: "manual", detail: `aborted by ${request.by}: ${request.reason}` };
    case "supersede":
      return { type: "failed", reason: "superseded", detail: `superseded by ${request.by}: ${request.reason}` };
    // Of a newer version: for a releaser that knows what it means.
    case "unknown":
      return undefined;
  }
}
