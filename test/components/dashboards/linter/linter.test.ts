import assert from "node:assert/strict";
import { allDashboards } from "../../../../components/dashboards/catalogue.ts";
import type { DashboardModel } from "../../../../components/dashboards/model.ts";
import { dataPanels, targetsOf } from "../../../support/dashboards/panel-queries.ts";
import { settings } from "../settings.ts";
import { exceptions } from "./exceptions.ts";
import { bareMetrics, selectorsOf } from "./promql.ts";
import { rules, type Finding, type RuleName } from "./rules.ts";

const dashboards = Object.values(allDashboards(settings));
const ruleNames = Object.keys(rules) as RuleName[];

function excepted(rule: RuleName, { at }: Finding): boolean {
  const exception = exceptions[rule];
  return exception !== undefined && (exception.at ?? at) === at;
}

describe("the rules of Grafana's dashboard-linter", () => {
  it("are seventeen", () => {
    assert.equal(ruleNames.length, 17);
  });

  for (const dashboard of dashboards)
    for (const rule of ruleNames)
      it(`${rule} holds for ${dashboard.uid}, but for exceptions with a reason`, () => {
        assert.deepEqual(
          rules[rule](dashboard).filter((finding) => !excepted(rule, finding)),
          [],
        );
      });

  it("have no exception that nothing needs", () => {
    for (const [rule, { reason }] of Object.entries(exceptions) as [
      RuleName,
      (typeof exceptions)[RuleName] & object,
    ][]) {
      assert.ok(reason.length > 20);
      assert.ok(
        dashboards.some((dashboard) => rules[rule](dashboard).some((finding) => excepted(rule, finding))),
        rule,
      );
    }
  });
});

describe("a rule", () => {
  type Model = ReturnType<typeof structuredClone<DashboardModel>>;
  const [first] = dashboards;
  assert.ok(first);

  /** A copy with a fault. */
  function faulty(fault: (dashboard: Fault) => void): DashboardModel {
    const copy: Model = JSON.parse(JSON.stringify(first)) as Model;
    const panel = dataPanels(copy)[0];
    assert.ok(panel);
    fault({
      dashboard: copy as unknown as Record<string, unknown>,
      panel: panel as unknown as Record<string, unknown>,
      target: targetsOf(panel)[0] as unknown as Record<string, unknown>,
      variables: copy.templating.list as unknown as Record<string, unknown>[],
    });
    return copy;
  }

  interface Fault {
    readonly dashboard: Record<string, unknown>;
    readonly panel: Record<string, unknown>;
    readonly target: Record<string, unknown>;
    /** Data source, environment, service. */
    readonly variables: Record<string, unknown>[];
  }

  const faults: Partial<Readonly<Record<RuleName, (fault: Fault) => void>>> = {
    "template-datasource-rule": ({ variables }) => void Object.assign(variables[0] ?? {}, { name: "prometheus" }),
    "template-label-promql-rule": ({ variables }) => void Object.assign(variables[1] ?? {}, { query: "up" }),
    "template-on-time-change-reload-rule": ({ variables }) => void Object.assign(variables[1] ?? {}, { refresh: 1 }),
    "panel-datasource-rule": ({ panel }) => void (panel.datasource = { type: "prometheus", uid: "P1" }),
    "panel-title-description-rule": ({ panel }) => void (panel.description = ""),
    "panel-units-rule": ({ panel }) => void (panel.fieldConfig = { defaults: { unit: "parsecs" }, overrides: [] }),
    "panel-no-targets-rule": ({ panel }) => void (panel.targets = []),
    "target-logql-rule": ({ target }) => void (target.datasource = { type: "loki" }),
    "target-logql-auto-rule": ({ panel }) => void (panel.datasource = { type: "loki" }),
    "target-promql-rule": ({ target }) => void (target.expr = " "),
    "target-rate-interval-rule": ({ target }) => void (target.expr = 'sum(rate(a_total{b="c"}[5m]))'),
    "target-counter-agg-rule": ({ target }) => void (target.expr = 'sum(a_total{b="c"})'),
    "uneditable-dashboard": ({ dashboard }) => void (dashboard.editable = true),
  };

  for (const rule of ruleNames.filter((name) => faults[name] !== undefined))
    it(`${rule} finds what is against it`, () => {
      const fault = faults[rule];
      assert.ok(fault);
      assert.equal(rules[rule](first).length, 0);
      assert.ok(rules[rule](faulty(fault)).length > 0);
    });

  it("is either seen to find something, or has an exception that shows it", () => {
    for (const rule of ruleNames) assert.ok(faults[rule] !== undefined || exceptions[rule] !== undefined, rule);
  });
});

describe("every query", () => {
  for (const dashboard of dashboards)
    for (const panel of dataPanels(dashboard))
      for (const { refId, expr } of targetsOf(panel))
        it(`${refId} of "${panel.title}" in ${dashboard.uid} is bound to the service and the environment that are chosen`, () => {
          assert.deepEqual(bareMetrics(expr), []);
          const selectors = selectorsOf(expr);
          assert.ok(selectors.length > 0);
          for (const { matchers } of selectors) {
            assert.equal((matchers.service ?? matchers.job)?.value, "$service");
            const environment = matchers.environment?.value ?? matchers.namespace?.value.replace("atom-", "");
            assert.equal(environment, "$environment");
          }
        });
});

describe("the reading of PromQL for the rules", () => {
  it("finds every selector with its labels, its range and the function around it", () => {
    const expr = 'sum by (a) (rate(x_total{a="1",b=~"2|}"}[5m])) / time() - (y{c!="\\"q\\""} > bool 0)';
    assert.deepEqual(selectorsOf(expr), [
      {
        metric: "x_total",
        matchers: { a: { op: "=", value: "1" }, b: { op: "=~", value: "2|}" } },
        range: "5m",
        call: "rate",
      },
      { metric: "y", matchers: { c: { op: "!=", value: '\\"q\\"' } }, range: undefined, call: undefined },
    ]);
    assert.deepEqual(bareMetrics(expr), []);
  });

  it("finds metrics without matchers", () => {
    assert.deepEqual(bareMetrics('sum(up) / count by (job) (up{job="a"}) or scrape_duration_seconds'), [
      "up",
      "scrape_duration_seconds",
    ]);
  });
});
