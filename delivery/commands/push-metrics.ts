import type { Ledger } from "../../components/ledger/ledger.ts";
import { messageOf } from "../release/persist.ts";
import type { Site } from "../target/site.ts";

/** Pushes at a release's end, if there is somewhere to push to. What goes wrong is told, and changes nothing about the release. */
export async function pushAfterwards({ metrics }: Site, ledger: Ledger | Promise<Ledger>): Promise<void> {
  try {
    await metrics.last(await ledger, new AbortController().signal);
  } catch (error) {
    process.stderr.write(
      `The deployment metrics were not pushed: ${messageOf(error)}\nThe next release pushes them, or: atom metrics push.\n`,
    );
  }
}
