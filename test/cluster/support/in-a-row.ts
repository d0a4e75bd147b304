import assert from "node:assert/strict";
import { otherSlot } from "../../../components/names/slot-name.ts";
import { noneFailed } from "../../support/load.ts";
import type { ReleaseStack } from "./release-stack.ts";

/** As short as a release can be. */
export const atOnce = {
  soak: "1s",
  minRequests: 20,
} as const;

/** Tests of releases of a stack, one after the other. */
export function releasesInARow(numbers: readonly number[], stackOf: () => ReleaseStack): void {
  for (const number of numbers)
    it(`release ${number}${convergesItself(number) ? ", which brings the environment up itself" : ""}`, async () => {
      const stack = stackOf();
      const before = await stack.stack.ledger();
      await using load = stack.load();
      await stack.configure({ env: { LOG_LEVEL: "warn", FEATURE: `release ${number}` }, release: atOnce });
      if (!convergesItself(number)) await stack.stack.run("up");
      const { code, record, ledger, stderr } = await stack.atom(
        convergesItself(number) ? ["release"] : ["release", "--staged"],
      );
      assert.equal(code, 0, stderr);
      noneFailed(await load.stop());
      assert.equal(record.slot, otherSlot(before.active));
      assert.equal(ledger.active, record.slot);
      assert.equal(ledger.sequence, before.sequence + 1);
      assert.deepEqual(await stack.stack.weights(), { [record.slot]: 100, [before.active]: 0 });
      assert.equal((await stack.replicas(before.active)).desired, 0);
    });
}

/** Two of ten in one command, as people release; for the others the engine runs in this process, which is quicker. */
function convergesItself(number: number): boolean {
  return number === 3 || number === 7;
}
