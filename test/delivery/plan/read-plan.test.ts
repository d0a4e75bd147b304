import assert from "node:assert/strict";
import { formatReleasePlan } from "../../../components/release-plan/parse-plan.ts";
import { configMaps } from "../../../delivery/cluster/resources.ts";
import { readReleasePlan } from "../../../delivery/plan/read-plan.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";

const { signal } = new AbortController();

describe("the release plan in its environment", () => {
  const plan = releasePlan();

  function published(text: string | undefined): MemoryCluster {
    const cluster = new MemoryCluster();
    const metadata = { namespace: "atom-staging", name: "atom-release-plan" };
    cluster.put(configMaps, { metadata, ...(text === undefined ? {} : { data: { "plan.json": text } }) });
    return cluster;
  }

  it("is read as the program published it", async () => {
    const cluster = published(formatReleasePlan(plan));
    assert.deepEqual(await readReleasePlan(cluster.client(), "atom-staging", "atom", signal), plan);
  });

  it("is missing from an environment that was never brought up", async () => {
    const reading = readReleasePlan(new MemoryCluster().client(), "atom-staging", "atom", signal);
    await assert.rejects(reading, {
      name: "ReleasePlanMissingError",
      message: /There is no release plan atom-staging\/atom-release-plan\.\nBring the environment up first/,
    });
  });

  it("is refused when it is not one", async () => {
    for (const text of [undefined, "", "{", "[]", JSON.stringify({ ...plan, steps: [] })]) {
      const reading = readReleasePlan(published(text).client(), "atom-staging", "atom", signal);
      await assert.rejects(reading, { name: "ReleasePlanInvalidError" });
    }
  });
});
