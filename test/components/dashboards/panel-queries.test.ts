import assert from "node:assert/strict";
import { allDashboards } from "../../../components/dashboards/catalogue.ts";
import { filledIn, panelQueries, type View } from "../../support/dashboards/panel-queries.ts";
import { settings } from "./settings.ts";

const view: View = { chosen: { environment: "staging", service: "atom" }, range: 1800, scrapeInterval: 2 };

describe("the queries of a dashboard's panels", () => {
  const { "error-rate": errorRate, "deployment-overview": overview } = allDashboards(settings);

  it("are ready for Prometheus, with the unit of what comes back", () => {
    const [first] = panelQueries(overview, view);
    assert.deepEqual(
      [first?.dashboard, first?.panel, first?.unit, first?.kind, first?.refId],
      ["atom-deployment-overview", "Deployments that succeeded", "percentunit", "instant", "A"],
    );
    assert.match(
      first?.expr ?? "",
      /deployment_total\{environment="staging",service="atom",status!="success"\}\[1800s\]/,
    );
  });

  it("have points no closer than scrapes, and rates over at least four of them", () => {
    const rateIn = (wanted: View) => panelQueries(errorRate, wanted).find(({ panel }) => panel === "Requests");
    assert.equal(rateIn(view)?.step, 8);
    assert.match(rateIn(view)?.expr ?? "", /\[10s\]/);
    assert.equal(rateIn({ ...view, range: 60 })?.step, 2);
    assert.match(rateIn({ ...view, range: 60 })?.expr ?? "", /\[8s\]/);
  });

  it("have points no closer than the panel allows", () => {
    assert.equal(panelQueries(overview, view).find(({ panel }) => panel === "Releases")?.step, 60);
  });
});

describe("filling in variables", () => {
  const values = { environment: "staging", __range: "6h" };

  it("takes both forms", () => {
    const text = 'a{b="$environment",c="x-${environment}"}[$__range]';
    assert.equal(filledIn(text, values), 'a{b="staging",c="x-staging"}[6h]');
  });

  it("does not guess", () => {
    assert.throws(() => filledIn("$service", values), /the variable service has no value in: \$service/);
  });
});
