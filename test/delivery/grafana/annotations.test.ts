import assert from "node:assert/strict";
import { releaseAnnotationTags } from "../../../components/dashboards/identity.ts";
import { annotate, findAnnotation } from "../../../delivery/grafana/annotations.ts";
import { startGrafana } from "../../support/grafana/grafana.ts";
import { clientOf, signal } from "./grafana.ts";

const tags = releaseAnnotationTags("staging", "atom", "r7");
const time = Date.UTC(2026, 0, 1);
const begun = { tags, text: "r7 of atom in staging", time };
const ended = { ...begun, text: "r7 of atom in staging: rolled back", timeEnd: time + 90_000 };

describe("a release's mark on the dashboards", () => {
  it("has tags for all releases, for those of an environment and of a service, and one that is its alone", () => {
    assert.deepEqual(tags, ["atom", "deployment", "staging", "service:atom", "release:staging/atom/r7"]);
  });

  it("is a moment at first and a stretch of time in the end, and always one mark", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    assert.equal(await annotate(client, begun, signal), "created");
    assert.equal(await annotate(client, ended, signal), "updated");
    assert.equal(await annotate(client, ended, signal), "unchanged");
    assert.deepEqual(grafana.state.annotations, [{ id: 1, ...ended }]);
    assert.deepEqual(grafana.refusals, []);
  });

  it("is not made twice when the answer to the first try was lost", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    // The search is answered, the creation is not.
    grafana.meet({ kind: "none" }, { kind: "answer-lost" });
    await assert.rejects(annotate(client, begun, signal), { kind: "unavailable" });
    assert.equal(await annotate(client, begun, signal), "unchanged");
    assert.equal(grafana.state.annotations.length, 1);
  });

  it("is found by its tags among those of other releases", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    await annotate(client, { ...begun, tags: releaseAnnotationTags("staging", "atom", "r6") }, signal);
    await annotate(client, ended, signal);
    assert.deepEqual(await findAnnotation(client, tags, signal), { id: 2, ...ended });
    assert.equal(await findAnnotation(client, releaseAnnotationTags("production", "atom", "r7"), signal), undefined);
  });

  it("is sent again later when Grafana has no time for it", async () => {
    await using grafana = await startGrafana();
    const client = clientOf(grafana);
    grafana.meet({ kind: "status", status: 429 });
    await assert.rejects(annotate(client, ended, signal), { kind: "unavailable", status: 429 });
    assert.equal(await annotate(client, ended, signal), "created");
  });
});
