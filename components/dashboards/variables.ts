// What can be chosen at the head of a dashboard. The names are those of labels, and `$name` stands for the choice in every query.
import {
  DatasourceVariableBuilder,
  QueryVariableBuilder,
  VariableRefresh,
  VariableSort,
  type VariableModel,
} from "@grafana/grafana-foundation-sdk/dashboard";
import type { ReleaseScope } from "../slo/release-queries.ts";
import type { ServiceScope } from "../slo/service-queries.ts";
import { datasource } from "./house-style.ts";
import type { DashboardSettings } from "./model.ts";

/** The releases of the service and the environment that are chosen. */
export const chosenReleases: ReleaseScope = { environment: "$environment", service: "$service" };

/** The releases of all services and environments that are chosen. */
export const chosenFleet: ReleaseScope = { ...chosenReleases, patterns: true };

/** The requests to the service in the environment that are chosen. */
export function chosenRequests({ namespace }: Pick<DashboardSettings, "namespace">): ServiceScope {
  return { namespace, service: "$service" };
}

/** Every service has this series in every environment from the day on which it is provisioned. */
const everywhere = "deployment_last_completion_timestamp_seconds";

/** Data source, one environment, one of its services. */
export function oneService({ environment, service, ...settings }: DashboardSettings): VariableModel[] {
  return [
    dataSource(settings),
    labelValues("environment", "Environment", everywhere).current(option(environment)).build(),
    labelValues("service", "Service", `${everywhere}{environment="$environment"}`).current(option(service)).build(),
  ];
}

/** Data source, any number of environments, any number of services. */
export function everyService(settings: Pick<DashboardSettings, "datasource">): VariableModel[] {
  const several = (variable: QueryVariableBuilder): VariableModel =>
    variable
      .multi(true)
      .includeAll(true)
      .allValue(".+")
      .current({ text: "All", value: "$__all", selected: true })
      .build();
  return [
    dataSource(settings),
    several(labelValues("environment", "Environment", everywhere)),
    several(labelValues("service", "Service", `${everywhere}{environment=~"$environment"}`)),
  ];
}

function dataSource({ datasource: name }: Pick<DashboardSettings, "datasource">): VariableModel {
  const variable = new DatasourceVariableBuilder("datasource").label("Data source").type("prometheus");
  if (name !== undefined) variable.current(option(name));
  return variable.build();
}

function labelValues(name: string, label: string, series: string): QueryVariableBuilder {
  return new QueryVariableBuilder(name)
    .label(label)
    .datasource(datasource)
    .query(`label_values(${series}, ${name})`)
    .refresh(VariableRefresh.OnTimeRangeChanged)
    .sort(VariableSort.AlphabeticalAsc);
}

function option(value: string) {
  return { text: value, value, selected: true };
}
