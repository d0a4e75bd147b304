import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import type { Clock } from "../release/ports.ts";
import type { LedgerStore } from "./store.ts";

/** Nothing of that name is quarantined. */
export class NotQuarantinedError extends UserError {
  override readonly name = "NotQuarantinedError";
}

const mostLifted = 20;

/** Lets a template be staged again that was quarantined, or that users rolled back. Throws a {@link NotQuarantinedError}. */
export async function liftQuarantine(
  store: LedgerStore,
  { template, by, why }: { readonly template: string; readonly by: string; readonly why: string },
  clock: Clock,
  signal: AbortSignal,
): Promise<Ledger> {
  return store.update(
    (ledger) => {
      const { withdrawn = [] } = ledger;
      const entry = [...ledger.quarantine, ...withdrawn].find((each) => each.template === template);
      if (entry === undefined) {
        const known = [...ledger.quarantine, ...withdrawn].map((each) => each.template).join(", ") || "none";
        throw new NotQuarantinedError(
          `No template ${template} of ${ledger.service} is quarantined (there is: ${known}).`,
        );
      }
      const lifted = { ...entry, liftedAt: new Date(clock.now()).toISOString(), liftedBy: by, why };
      return {
        ...ledger,
        quarantine: ledger.quarantine.filter((each) => each.template !== template),
        ...(ledger.withdrawn && { withdrawn: withdrawn.filter((each) => each.template !== template) }),
        lifted: [lifted, ...(ledger.lifted ?? [])].slice(0, mostLifted),
      };
    },
    { signal },
  );
}
