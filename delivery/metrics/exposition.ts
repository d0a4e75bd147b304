// The deployment metrics (R9) as Prometheus reads them: https://prometheus.io/docs/instrumenting/exposition_formats/
import { bucketEdges, queryResults, type Histogram } from "../../components/ledger/counts.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { reasons } from "../../components/ledger/release-record.ts";
import { dashboardResults, noTotals, releaseStatuses, smokeResults } from "../../components/ledger/totals.ts";

type Labels = Readonly<Record<string, string>>;
type Sample = readonly [labels: Labels, value: number];

/** What asks Prometheus on behalf of a release. */
const workflow = "release";

/**
 * Every metric with every value that a label can have, at 0 where nothing happened yet: a series that begins with its first event has no
 * increase. Absolute totals, so that they can be pushed again at any time.
 *
 * @param environment the stack
 */
export function metricsOf({ totals = noTotals(), releases, current }: Ledger, environment: string): string {
  const ended = (which: (outcome: string) => boolean): number =>
    Math.max(0, ...releases.filter(({ outcome }) => which(outcome)).map(({ endedAt }) => Date.parse(endedAt) / 1000));
  return [
    counter(
      "deployment_total",
      "Releases that are over: failed ones never had users, rolled_back ones were taken back from them.",
      releaseStatuses.map((status) => [{ environment, status }, totals.releases[status]]),
    ),
    histogram("deployment_duration_seconds", "From a release's begin to its end.", bucketEdges.deployments, [
      { environment },
      totals.seconds,
    ]),
    counter(
      "deployment_rollback_total",
      "Releases that were taken back, by reason.",
      reasons.map((reason) => [{ environment, reason }, totals.rollbacks[reason] ?? 0]),
    ),
    counter(
      "smoke_test_total",
      "Smoke tests of releases that are over.",
      smokeResults.map((result) => [{ environment, result }, totals.smokeTests[result]]),
    ),
    histogram("smoke_test_duration_seconds", "Time of a whole smoke test.", bucketEdges.smokeTests, [
      { environment },
      totals.smokeSeconds,
    ]),
    counter(
      "prometheus_query_total",
      "Requests to Prometheus by releases that are over, each try by itself.",
      queryResults.map((result) => [{ workflow, result }, totals.queries.results[result]]),
    ),
    histogram("prometheus_query_duration_seconds", "Time of one request to Prometheus.", bucketEdges.queries, [
      { workflow },
      totals.queries.seconds,
    ]),
    counter(
      "deployment_change_failures_total",
      "Releases taken back from users for the version's fault, or by a person.",
      [[{ environment }, totals.changeFailures]],
    ),
    counter(
      "dashboard_update_total",
      "Releases by what became of the dashboards, where the environment has any.",
      dashboardResults.map((result) => [{ environment, result }, totals.dashboards[result]]),
    ),
    counter("deployment_aborted_total", "Releases that a person ended.", [[{ environment }, totals.aborted]]),
    counter("deployment_superseded_total", "Releases that were taken back for another one.", [
      [{ environment }, totals.superseded],
    ]),
    histogram(
      "deployment_lead_time_seconds",
      "From a commit to the end of the release that brought it to all users.",
      bucketEdges.leads,
      [{ environment }, totals.leadSeconds],
    ),
    histogram(
      "deployment_restore_duration_seconds",
      "From the verdict that took a release back from users until the traffic was seen back.",
      bucketEdges.returns,
      [{ environment }, totals.returnSeconds],
    ),
    gauge("deployment_in_progress_since_timestamp_seconds", "When the release under way began; 0: there is none.", [
      [{ environment }, current === null ? 0 : Date.parse(current.startedAt) / 1000],
    ]),
    gauge(
      "canary_traffic_percentage",
      "Percent of the traffic that a release under way has decided to have on its candidate.",
      current === null ? [] : [[{ environment, deployment_id: current.id }, current.state.percent]],
    ),
    gauge("deployment_last_completion_timestamp_seconds", "When the last release ended, however it did; 0: none did.", [
      [{ environment }, ended((outcome) => outcome !== "baseline")],
    ]),
    gauge("deployment_last_success_timestamp_seconds", "When the last release succeeded; 0: none did.", [
      [{ environment }, ended((outcome) => outcome === "released")],
    ]),
  ].join("");
}

const counter = plain("counter");
const gauge = plain("gauge");

/** A family whose samples have its own name. */
function plain(type: string) {
  return (name: string, help: string, samples: readonly Sample[]): string =>
    family(
      name,
      type,
      help,
      samples.map((sample) => line(name, sample)),
    );
}

function histogram(
  name: string,
  help: string,
  edges: readonly number[],
  [labels, { counts, sum }]: readonly [Labels, Histogram],
): string {
  let atMost = 0;
  const buckets = counts.map((count, index) => {
    atMost += count;
    return line(`${name}_bucket`, [{ ...labels, le: String(edges[index] ?? "+Inf") }, atMost]);
  });
  return family(name, "histogram", help, [
    ...buckets,
    line(`${name}_sum`, [labels, sum]),
    line(`${name}_count`, [labels, atMost]),
  ]);
}

function family(name: string, type: string, help: string, lines: readonly string[]): string {
  return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join("")}`;
}

function line(name: string, [labels, value]: Sample): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escaped(text)}"`);
  return `${name}{${pairs.join(",")}} ${value}\n`;
}

function escaped(text: string): string {
  return text.replaceAll("\\", "\\\\").replaceAll("\n", "\\n").replaceAll('"', '\\"');
}
