import assert from "node:assert/strict";
import { dashboardUids } from "../../../components/dashboards/identity.ts";
import { startGrafana, type GrafanaStandIn } from "../../support/grafana/grafana.ts";
import { change, NotifiedWorld } from "./notified-world.ts";

const dashboards = dashboardUids();
const own = `${change.commit.slice(0, 10)} Faster agents`;

/** Releases that are marked in Grafana, whose dashboards the deployment has just brought. */
async function startWith(grafana: GrafanaStandIn): Promise<NotifiedWorld> {
  for (const uid of dashboards)
    for (const message of ["1111111111 Before", own]) grafana.state.save(uid, { title: message }, { message });
  return NotifiedWorld.start({
    plan: { notifications: { grafana: { url: grafana.url.href, dashboards } } },
    variables: { GRAFANA_API_KEY: grafana.key },
  });
}

const titles = ({ state }: GrafanaStandIn) => dashboards.map((uid) => state.versions(uid).at(-1)?.data.title);

describe("a release, in Grafana", () => {
  it("is one mark from its begin to its end, and its dashboards stay", async () => {
    await using grafana = await startGrafana();
    await using there = await startWith(grafana);
    assert.equal((await there.release()).state.phase, "released");
    assert.deepEqual(
      grafana.state.annotations.map(({ tags, time, timeEnd }) => [tags, timeEnd > time]),
      [[["atom", "deployment", "production", "service:atom", "release:production/atom/r1"], true]],
    );
    assert.deepEqual(
      titles(grafana),
      dashboards.map(() => own),
    );
    assert.deepEqual(grafana.refusals, []);
  });

  it("that goes back takes its dashboards with it, once", async () => {
    await using grafana = await startGrafana();
    await using there = await startWith(grafana);
    there.world.errors.candidate = 0.3;
    assert.equal((await there.release()).state.phase, "rolled-back");
    assert.deepEqual(
      titles(grafana),
      dashboards.map(() => "1111111111 Before"),
    );
    await there.flush();
    assert.ok(dashboards.every((uid) => grafana.state.versions(uid).length === 3));
    assert.equal(grafana.state.annotations.length, 1);
    assert.deepEqual(grafana.refusals, []);
  });

  it("that goes back while Grafana is away takes them with it later, and is not held up", async () => {
    await using grafana = await startGrafana();
    await using there = await startWith(grafana);
    grafana.meet(...Array.from({ length: 12 }, () => ({ kind: "status", status: 503 }) as const));
    there.world.errors.candidate = 0.3;
    assert.equal((await there.release()).state.phase, "rolled-back");
    await there.flush();
    assert.deepEqual(
      titles(grafana),
      dashboards.map(() => "1111111111 Before"),
    );
  });

  it("leaves the dashboards alone that somebody has changed since", async () => {
    await using grafana = await startGrafana();
    await using there = await startWith(grafana);
    const [first = ""] = dashboards;
    grafana.state.save(first, { title: "by hand" }, { message: "by hand" });
    there.world.errors.candidate = 0.3;
    await there.release();
    assert.deepEqual(titles(grafana), ["by hand", ...dashboards.slice(1).map(() => "1111111111 Before")]);
  });
});
