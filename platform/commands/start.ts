// `npm start`: from a bare machine to the `local` stack, answering requests.
import { Command } from "commander";
import { defaultClusterName, type PartOnRequest } from "../cluster/cluster.ts";
import { startInContext } from "../local/own-cluster.ts";
import { startLocal } from "../local/start-local.ts";
import { createReporter } from "../progress.ts";
import { confirm } from "./confirmation.ts";
import { runCommand } from "./run-command.ts";

interface Options {
  readonly name: string;
  readonly context?: string;
  readonly stack?: string;
  readonly yes?: boolean;
  readonly releases: boolean;
  readonly metricsServer?: boolean;
  readonly keda?: boolean;
}

const { name, context, stack, yes, releases, metricsServer, keda } = new Command("npm start --")
  .description(
    "Brings up an embedded cluster (Kubernetes, Istio, Envoy, Prometheus, PostgreSQL, Redis), provisions the stack `local` in it,\n" +
      "asks Atom through Envoy whether it works, then releases a good version and a bad one, which rolls itself back. What is missing on this machine is built once and kept in ~/.cache/atom.",
  )
  .option("--name <name>", "the instance of the embedded cluster", defaultClusterName)
  .option("--context <name>", "use a cluster of your kubeconfig, and install nothing but what the stack declares")
  .option("--stack <name>", "the stack to bring up there, as in Pulumi.<name>.yaml (with --context)")
  .option("--no-releases", "end when the environment is up")
  .option(
    "--metrics-server",
    "run metrics-server in the embedded cluster, so that HorizontalPodAutoscalers scale (not with --context)",
  )
  .option(
    "--keda",
    "run KEDA's operator in the embedded cluster, and metrics-server, so that ScaledObjects scale by CPU and memory (not with --context)",
  )
  .option("--yes", "change your cluster without asking (with --context)")
  .addHelpText(
    "after",
    "\nExamples:\n  npm start                                           the embedded cluster\n" +
      "  npm start -- --context kind-dev --stack staging     your cluster, your stack\n\nThen: npm run status, npm stop",
  )
  .parse()
  .opts<Options>();

await runCommand(async (signal) => {
  const reporter = createReporter();
  if (context === undefined && stack === undefined) {
    const parts: readonly PartOnRequest[] = [
      ...(metricsServer === true ? ["metrics-server" as const] : []),
      ...(keda === true ? ["keda" as const] : []),
    ];
    await startLocal({ name, reporter, signal, releases, parts });
  } else
    await startInContext({
      ...{ context, stack, reporter, signal },
      confirm: (question) => confirm({ command: "start", question, yes, signal }),
    });
});
