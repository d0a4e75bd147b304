import type { ReleaseView } from "../../../delivery/view/release-view.ts";
import { viewedRecord } from "../../../delivery/view/release-view.ts";
import type { World } from "../release/world.ts";

/** Runs a whole release in memory, with a view that is told of everything. */
export async function viewedRelease(world: World, view: ReleaseView): Promise<void> {
  const releaser = world.releaser();
  const end = releaser.release(
    {},
    {
      adapters: (tools) => {
        const { current } = world.ledger;
        if (current !== null) view.begin(viewedRecord(current, world.plan));
        const adapters = releaser.adapters(tools);
        const { guard, smoke } = adapters;
        return {
          ...adapters,
          notifier: view,
          guard: {
            async *watch(watch, signal) {
              for await (const snapshot of guard.watch(watch, signal)) {
                view.onSnapshot(snapshot);
                yield snapshot;
              }
            },
          },
          smoke: {
            run: async (through, signal) => {
              const result = await smoke.run(through, signal);
              for (const step of result.steps) view.onSmokeStep(through, step);
              return result;
            },
          },
        };
      },
    },
  );
  await world.clock.settle(end);
}
