// `npm run status`: what runs of the embedded cluster, and how to reach it.
import path from "node:path";
import { Command } from "commander";
import { clusterStatus, defaultClusterName, type ClusterStatus } from "../cluster/cluster.ts";
import { localShell } from "../local/engine-environment.ts";
import { runCommand } from "./run-command.ts";

const options = new Command("npm run status --")
  .description(
    "Shows the components of the embedded cluster and its addresses. Ends with 0 when all of it runs, with 1 otherwise.",
  )
  .option("--name <name>", "the instance", defaultClusterName)
  .option("--json", "print one JSON object")
  .parse()
  .opts<{ readonly name: string; readonly json?: boolean }>();

await runCommand(async () => {
  const status = await clusterStatus(options.name);
  console.log(options.json === true ? JSON.stringify(status, undefined, 2) : describe(status));
  process.exitCode = status.phase === "ready" && status.nodeReady ? 0 : 1;
});

function describe({ name, phase, cluster, ageSeconds = 0, nodeReady, components, remains }: ClusterStatus): string {
  if (phase === "absent") return `There is no cluster "${name}". Start one: npm start`;
  if (cluster === undefined)
    return [
      `The cluster "${name}" crashed. \`npm start\` or \`npm stop\` removes what it left:`,
      ...remains.map((line) => `  ${line}`),
    ].join("\n");
  return [
    `The cluster "${name}" is ${phase} since ${ageSeconds} s; its node is ${nodeReady ? "ready" : "not ready"}.`,
    ...components.map(
      ({ name: component, phase: state, pid, restarts, message }) =>
        `  ${component.padEnd(24)} ${state.padEnd(9)} ${(pid === undefined ? "" : `pid ${pid}`).padEnd(11)}` +
        `${restarts === 0 ? "" : ` ${restarts} restarts`}${message === undefined ? "" : ` (${message})`}`,
    ),
    "",
    `  Atom          ${cluster.gatewayUrl}`,
    `  Prometheus    ${cluster.prometheusUrl}`,
    `  Alertmanager  ${cluster.alertmanagerUrl}`,
    `  Pushgateway   ${cluster.pushgatewayUrl}`,
    `  API server    ${cluster.apiServerUrl}`,
    `  Logs          ${path.join(cluster.folder, "logs")}`,
    "",
    "For kubectl, and for atom and pulumi on the stack `local` (npm run tools says where ours are):",
    ...Object.entries(localShell(cluster)).map(([variable, value]) => `  export ${variable}=${value}`),
  ].join("\n");
}
