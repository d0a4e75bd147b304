import assert from "node:assert/strict";
import { formatLedger, type Ledger } from "../../../components/ledger/ledger.ts";
import { UnreachableError } from "../../../delivery/cluster/errors.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { LedgerStore } from "../../../delivery/ledger/store.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { ledgerWith } from "./ledgers.ts";

const metadata = { namespace: "atom-staging", name: "atom-ledger" };
const { signal } = new AbortController();

describe("the ledger's store", () => {
  let clock: VirtualClock;
  let cluster: MemoryCluster;
  let store: LedgerStore;

  beforeEach(() => {
    clock = new VirtualClock();
    cluster = new MemoryCluster();
    store = new LedgerStore({ cluster: cluster.client(), clock, namespace: "atom-staging", service: "atom" });
  });

  function put(text: string): void {
    cluster.put(configMaps, { metadata, data: { "ledger.json": text } });
  }

  const next = (ledger: Ledger): Ledger => ({ ...ledger, sequence: ledger.sequence + 1 });

  it("begins an update anew when somebody else was faster, and loses neither change", async () => {
    put(formatLedger(ledgerWith()));
    let interfered = false;
    cluster.before = ({ verb }) => {
      if (verb !== "patch" || interfered) return;
      interfered = true;
      put(formatLedger(ledgerWith({ sequence: 10 })));
    };
    const updated = await clock.settle(store.update(next, { signal }));
    assert.equal(updated.sequence, 11);
    assert.deepEqual(await store.read(signal), updated);
  });

  it("waits for nobody who was faster, unless that happens again and again", async () => {
    put(formatLedger(ledgerWith()));
    let faster = 3;
    cluster.before = ({ verb }) => {
      if (verb !== "patch" || faster === 0) return;
      faster -= 1;
      put(formatLedger(ledgerWith({ sequence: 10 - faster })));
    };
    assert.equal((await clock.settle(store.update(next, { signal }))).sequence, 11);
    assert.equal(clock.monotonic(), 0);
    faster = 4;
    await clock.settle(store.update(next, { signal }));
    assert.ok(clock.monotonic() > 0);
  });

  it("writes nothing when nothing is to be changed", async () => {
    put(formatLedger(ledgerWith()));
    await store.update(() => undefined, { signal });
    assert.deepEqual(cluster.writes, []);
  });

  it("refuses to write for a releaser that was shut out", async () => {
    put(formatLedger(ledgerWith({ fence: 3 })));
    const fence = await store.takeFence(signal);
    assert.equal(fence, 4);
    await assert.rejects(store.update(next, { signal, fence: 3 }), { name: "LeaseLostError", how: "taken" });
    assert.equal((await store.update(next, { signal, fence })).sequence, 2);
  });

  it("tries again while the API server is away, and gives up in time", async () => {
    put(formatLedger(ledgerWith()));
    cluster.before = ({ verb }) => {
      if (clock.monotonic() < 5_000) throw new UnreachableError({ verb, target: "ledger" }, "refused");
    };
    assert.equal((await clock.settle(store.update(next, { signal }))).sequence, 2);
    cluster.before = ({ verb }) => {
      throw new UnreachableError({ verb, target: "ledger" }, "refused");
    };
    await assert.rejects(clock.settle(store.update(next, { signal, timeout: 3_000 })), { name: "UnreachableError" });
  });

  it("never writes over a ledger that it cannot read, and says the way out", async () => {
    const cases = [
      ["{", "LedgerCorruptError", /Restore it from a copy/],
      ["", "LedgerCorruptError", /it is not JSON/],
      [JSON.stringify({ ...ledgerWith(), active: "red" }), "LedgerCorruptError", /active:/],
      [JSON.stringify({ ...ledgerWith(), schema: 2 }), "LedgerNewerError", /Use the newer version/],
      [formatLedger({ ...ledgerWith(), service: "other" }), "LedgerCorruptError", /belongs to "other"/],
    ] as const;
    for (const [text, name, message] of cases) {
      put(text);
      await assert.rejects(store.update(next, { signal }), { name, message });
      await assert.rejects(store.takeFence(signal), { name });
      assert.equal(cluster.peek(configMaps, metadata).data?.["ledger.json"], text);
    }
    assert.deepEqual(cluster.writes, []);
  });

  it("takes a missing ledger for an environment that is not there", async () => {
    await assert.rejects(store.read(signal), {
      name: "LedgerMissingError",
      message: /^The ledger atom-staging\/atom-ledger does not exist\.\nBring the environment up first/,
    });
  });
});
