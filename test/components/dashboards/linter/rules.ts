// The rules of Grafana's dashboard-linter, written anew after their documentation:
// https://github.com/grafana/dashboard-linter/blob/main/docs/index.md
import { VariableRefresh, VariableType, type VariableModel } from "@grafana/grafana-foundation-sdk/dashboard";
import * as units from "@grafana/grafana-foundation-sdk/units";
import type { DashboardModel } from "../../../../components/dashboards/model.ts";
import { dataPanels, targetsOf, type DataPanel } from "../../../support/dashboards/panel-queries.ts";
import { selectorsOf } from "./promql.ts";

/** What a rule has against a dashboard, and where. */
export interface Finding {
  /** Title of the panel; the name of a variable; empty: the dashboard as a whole. */
  readonly at: string;
  readonly what: string;
}

export type Rule = (dashboard: DashboardModel) => Finding[];

export const rules = {
  "template-datasource-rule": (dashboard) => {
    const sources = variablesOf(dashboard).filter(({ type }) => type === VariableType.Datasource);
    const [only] = sources;
    if (only === undefined || sources.length > 1) return [whole(`has ${sources.length} data source variables`)];
    return only.name === "datasource" && only.label?.toLowerCase() === "data source"
      ? []
      : [{ at: only.name, what: "should be named datasource and labelled Data source" }];
  },
  "template-job-rule": (dashboard) => requiredVariable(dashboard, "job", "Job"),
  "template-instance-rule": (dashboard) => requiredVariable(dashboard, "instance", "Instance"),
  "template-label-promql-rule": (dashboard) =>
    queryVariables(dashboard)
      .filter(({ query }) => !/^(label_values|label_names|metrics|query_result)\(.+\)$/.test(textOf(query)))
      .map(({ name, query }) => ({ at: name, what: `does not ask in PromQL: ${textOf(query)}` })),
  "template-on-time-change-reload-rule": (dashboard) =>
    queryVariables(dashboard)
      .filter(({ refresh }) => refresh !== VariableRefresh.OnTimeRangeChanged)
      .map(({ name }) => ({ at: name, what: "is not read again when the range changes" })),
  "panel-datasource-rule": (dashboard) =>
    panelsThat(dashboard, "uses no data source variable", ({ datasource }) => datasource?.uid !== "${datasource}"),
  "panel-title-description-rule": (dashboard) =>
    panelsThat(
      dashboard,
      "has no title or no description",
      ({ title, description = "" }) => title === "" || description === "",
    ),
  "panel-units-rule": (dashboard) =>
    panelsThat(dashboard, "has no unit that Grafana knows", ({ fieldConfig }) => {
      const { unit } = fieldConfig?.defaults ?? {};
      return unit === undefined || unit === "" || !Object.values(units).some((known) => known === unit);
    }),
  "panel-no-targets-rule": (dashboard) =>
    panelsThat(dashboard, "asks nothing", (panel) => targetsOf(panel).length === 0),
  "target-logql-rule": lokiTargets,
  "target-logql-auto-rule": lokiTargets,
  // promtool says whether it is PromQL: see promql.test.ts. Here: that there is something to parse.
  "target-promql-rule": (dashboard) => targetsThat(dashboard, "has no query", (expr) => expr.trim() === ""),
  "target-rate-interval-rule": (dashboard) =>
    targetsThat(dashboard, "takes a rate over another range than $__rate_interval", (expr) =>
      selectorsOf(expr).some(
        ({ range, call = "" }) =>
          range !== undefined && ["rate", "irate"].includes(call) && range !== "$__rate_interval",
      ),
    ),
  "target-job-rule": (dashboard) => requiredMatcher(dashboard, "job"),
  "target-instance-rule": (dashboard) => requiredMatcher(dashboard, "instance"),
  "target-counter-agg-rule": (dashboard) =>
    targetsThat(dashboard, "shows a counter as it is", (expr) =>
      selectorsOf(expr).some(
        ({ metric, call = "", range }) =>
          metric.endsWith("_total") && !(range !== undefined && ["rate", "irate", "increase"].includes(call)),
      ),
    ),
  "uneditable-dashboard": ({ editable }) => ((editable as boolean) ? [whole("can be edited in Grafana")] : []),
} as const satisfies Readonly<Record<string, Rule>>;

export type RuleName = keyof typeof rules;

function whole(what: string): Finding {
  return { at: "", what };
}

function variablesOf({ templating }: DashboardModel): readonly VariableModel[] {
  return templating.list;
}

function queryVariables(dashboard: DashboardModel): VariableModel[] {
  return variablesOf(dashboard).filter(({ type }) => type === VariableType.Query);
}

function textOf(query: VariableModel["query"]): string {
  return typeof query === "string" ? query : JSON.stringify(query);
}

function requiredVariable(dashboard: DashboardModel, name: string, label: string): Finding[] {
  const variable = variablesOf(dashboard).find((each) => each.name === name);
  if (variable === undefined) return [whole(`has no variable ${name}`)];
  const right =
    variable.label === label &&
    variable.type === VariableType.Query &&
    variable.datasource?.uid === "${datasource}" &&
    variable.multi === true &&
    variable.allValue === ".+";
  return right ? [] : [{ at: name, what: "is not a query for several values, all of them .+" }];
}

function panelsThat(dashboard: DashboardModel, what: string, wrong: (panel: DataPanel) => boolean): Finding[] {
  return dataPanels(dashboard)
    .filter(wrong)
    .map(({ title }) => ({ at: title, what }));
}

function targetsThat(dashboard: DashboardModel, what: string, wrong: (expr: string) => boolean): Finding[] {
  return panelsThat(dashboard, what, (panel) => targetsOf(panel).some(({ expr }) => wrong(expr)));
}

function requiredMatcher(dashboard: DashboardModel, label: string): Finding[] {
  return targetsThat(dashboard, `has a selector without ${label}=~"$${label}"`, (expr) =>
    selectorsOf(expr).some(({ matchers }) => matchers[label]?.op !== "=~" || matchers[label].value !== `$${label}`),
  );
}

/** Nothing here asks Loki, so there is no LogQL to be checked. */
function lokiTargets(dashboard: DashboardModel): Finding[] {
  return panelsThat(dashboard, "asks Loki", (panel) =>
    [panel, ...targetsOf(panel)].some((each) => JSON.stringify(each).includes('"type":"loki"')),
  );
}
