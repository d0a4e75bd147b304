// `npm start`: from a bare machine to the `local` stack, answering requests.
import { Command } from "commander";
import { createReporter } from "../progress.ts";
import { startInContext } from "../local/own-cluster.ts";
import { startLocal } from "../local/start-local.ts";
import { runCommand } from "./run-command.ts";

interface Options {
  readonly context?: string;
  readonly stack?: string;
}

const options = new Command("npm start --")
  .description(
    "Brings up an embedded cluster (Kubernetes, Istio, Envoy, Prometheus, PostgreSQL, Redis), provisions the stack `local` in it,\n" +
      "and asks Atom through Envoy whether it works. What is missing on this machine is built once and kept in ~/.cache/atom.",
  )
  .option(
    "--context <name>",
    "use a cluster of your kubeconfig instead, and install nothing but what the stack declares",
  )
  .option("--stack <name>", "the stack to bring up there, as in Pulumi.<name>.yaml (with --context)")
  .addHelpText(
    "after",
    "\nExamples:\n  npm start                                           the embedded cluster\n" +
      "  npm start -- --context kind-dev --stack staging     your cluster, your stack\n\nThen: npm run status, npm stop",
  )
  .parse()
  .opts<Options>();

await runCommand(async (signal) => {
  const reporter = createReporter();
  if (options.context !== undefined || options.stack !== undefined)
    await startInContext({ ...options, reporter, signal });
  else await startLocal({ reporter, signal });
});
