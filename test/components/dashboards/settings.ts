import type { DashboardSettings } from "../../../components/dashboards/model.ts";
import { objectivesOf } from "../../../components/slo/objectives.ts";

/** Production's thresholds (R7). */
export const settings: DashboardSettings = {
  environment: "production",
  service: "atom",
  namespace: "atom-$environment",
  objectives: objectivesOf({ errorRate: { max: 0.001 }, p95Latency: { max: 200 } }),
};
