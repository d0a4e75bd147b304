import path from "node:path";
import type { DashboardSettings } from "../../../components/dashboards/model.ts";
import { namespaceName } from "../../../components/names/names.ts";
import { objectivesOf } from "../../../components/slo/objectives.ts";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import { readStackFile } from "../../../infra/config/stack-file.ts";

const root = path.join(import.meta.dirname, "..", "..", "..");

/** What the dashboards of a stack would be made for, by its file, whether it has dashboards or not. */
export async function settingsOf(stack: string, service: string): Promise<DashboardSettings> {
  const config = parseStackConfig(stack, await readStackFile(root, stack), { requireSecrets: false });
  return {
    environment: stack,
    service,
    namespace: namespaceName("atom", "$environment"),
    objectives: objectivesOf(config.release.thresholds),
  };
}
