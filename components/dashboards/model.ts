import type { Panel, RowPanel } from "@grafana/grafana-foundation-sdk/dashboard";
import type * as sdk from "@grafana/grafana-foundation-sdk/dashboard";
import type { Objectives } from "../slo/objectives.ts";

/** What the dashboards are made for. They show every environment of their data source; this is where they begin. */
export interface DashboardSettings {
  /** The stack. */
  readonly environment: string;
  readonly service: string;
  /** The namespace of the environment that is looked at, in terms of the variable `$environment`: `atom-$environment`. */
  readonly namespace: string;
  /** What the service promises in the stack; the lines and colours of the panels. */
  readonly objectives: Objectives;
  /** Name of the Prometheus data source to begin with. @default Grafana's default one */
  readonly datasource?: string | undefined;
  /** Tells the dashboards of stacks apart that share a Grafana. @default none */
  readonly suffix?: string | undefined;
}

/**
 * A dashboard in Grafana's classic schema, which is what its HTTP API and the provider take. The SDK builds the parts; its builder of the whole
 * is for the schema that is to follow.
 */
export interface DashboardModel {
  readonly uid: string;
  readonly title: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly timezone: string;
  readonly editable: false;
  readonly graphTooltip: sdk.DashboardCursorSync;
  readonly time: { readonly from: string; readonly to: string };
  readonly refresh: string;
  readonly schemaVersion: number;
  readonly panels: readonly (Panel | RowPanel)[];
  readonly templating: { readonly list: readonly sdk.VariableModel[] };
  readonly annotations: { readonly list: readonly AnnotationQuery[] };
  readonly links: readonly sdk.DashboardLink[];
}

/** An annotation query; the SDK's builder knows no tags of Grafana's own annotations. */
export type AnnotationQuery = Omit<sdk.AnnotationQuery, "target"> & { readonly target: sdk.AnnotationTarget };
