import assert from "node:assert/strict";
import { releaserResources, releaserSelectorLabels } from "../../../components/workload/releaser.ts";
import { releaserJob } from "../../../delivery/in-cluster/job.ts";
import { smokeUserOf } from "../../../delivery/in-cluster/releaser-environment.ts";
import { releasePlan } from "../../delivery/support/plans.ts";

describe("what the program knows of a releaser in the cluster", () => {
  const { spec } = releaserJob({
    plan: releasePlan(),
    image: "registry.test/atom-delivery:1",
    id: "x",
    account: "atom-deployer",
    request: { by: "somebody" },
    smokeUser: smokeUserOf("atom", {}),
  });
  const template = spec.template as { metadata: { labels: object }; spec: { containers: { resources: object }[] } };

  it("are the labels that its pods have, by which network policies find them", () => {
    const labels = Object.entries(template.metadata.labels);
    for (const label of Object.entries(releaserSelectorLabels("atom")))
      assert.ok(
        labels.some((found) => found.join("=") === label.join("=")),
        label.join("="),
      );
  });

  it("are the resources that it asks for, which must fit into the quota", () => {
    assert.deepEqual(
      template.spec.containers.map(({ resources }) => resources),
      [releaserResources],
    );
  });
});
