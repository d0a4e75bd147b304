import type { Ledger } from "../../components/ledger/ledger.ts";
import { emptyOutbox } from "../../components/ledger/outbox.ts";
import { isPending } from "../notify/outbox.ts";

/** What people elsewhere were not told. */
export interface NotTold {
  /** Still to be sent, the oldest first. */
  readonly pending: readonly {
    readonly id: string;
    /** That failed. */
    readonly attempts: number;
    readonly problem: string | null;
    /** Until when it is tried. */
    readonly deadline: string;
  }[];
  /** Never sent, the newest first. */
  readonly givenUp: readonly { readonly id: string; readonly at: string; readonly problem: string }[];
}

/** Pure. */
export function notToldOf({ outbox = emptyOutbox() }: Pick<Ledger, "outbox">): NotTold {
  return {
    pending: outbox.messages
      .filter(isPending)
      .map(({ id, attempts, problem, deadline }) => ({ id, attempts, problem: problem ?? null, deadline })),
    givenUp: outbox.givenUp,
  };
}

/** A line for each; nothing where everything was told. @param most lines @default all */
export function notToldLines({ pending, givenUp }: NotTold, most = Infinity): readonly string[] {
  const lines = [
    ...pending.map(({ id, attempts, problem }) => {
      const tried = attempts === 0 ? "not sent yet" : `${attempts} ${attempts === 1 ? "attempt" : "attempts"} failed`;
      return `${id}: ${tried}${problem === null ? "" : `, ${problem}`}`;
    }),
    ...givenUp.map(({ id, problem }) => `${id}: given up, ${problem}`),
  ];
  const more = lines.length - most;
  return more > 0 ? [...lines.slice(0, most), `and ${more} more: atom notify show`] : lines;
}
