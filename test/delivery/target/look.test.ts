import assert from "node:assert/strict";
import { formatLedger, initialLedger } from "../../../components/ledger/ledger.ts";
import { ledgerKey, ledgerName } from "../../../components/names/names.ts";
import { configMaps, deployments } from "../../../delivery/cluster/resources.ts";
import { LedgerStore } from "../../../delivery/ledger/store.ts";
import { lookAt } from "../../../delivery/target/look.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const place = { namespace: "atom-staging", service: "atom" };
const { signal } = new AbortController();

describe("a look at an environment", () => {
  it("reads each slot's Deployment once, for its pods, its template and the secrets that it names", async () => {
    const cluster = new MemoryCluster();
    const clock = new VirtualClock();
    cluster.put(configMaps, {
      metadata: { namespace: place.namespace, name: ledgerName("atom") },
      data: { [ledgerKey]: formatLedger(initialLedger("atom")) },
    });
    for (const slot of ["blue", "green"]) {
      const labels = { "atom.dev/slot": slot, "atom.dev/template": "aaaaaaaaaaaa", "app.kubernetes.io/version": "v1" };
      cluster.put(deployments, {
        metadata: { namespace: place.namespace, name: `atom-${slot}` },
        spec: { replicas: 0, template: { metadata: { labels } } },
      });
    }
    const reads: string[] = [];
    cluster.before = ({ verb, plural, name }) => {
      if (plural === "deployments") reads.push(`${verb} ${name}`);
    };
    const client = cluster.client();
    const store = new LedgerStore({ cluster: client, clock, ...place });
    const target = { ...place, stack: "staging" };
    const openPlan = () => Promise.resolve({ plan: releasePlan({ router: { kind: "replicas" } }), unread: [] });
    const facts = await lookAt({ target, clock, store, cluster: client, openPlan }, signal);
    assert.deepEqual(reads, ["get atom-blue", "get atom-green"]);
    assert.equal(facts.slots?.green.staged?.version, "v1");
    assert.deepEqual(facts.changedSecrets, []);
  });
});
