// `npm stop`: ends the embedded cluster and removes all that it had on this machine, but for the cache of tools.
import { Command } from "commander";
import { defaultClusterName, stopCluster } from "../cluster/cluster.ts";
import { createReporter } from "../progress.ts";
import { runCommand } from "./run-command.ts";

const { name } = new Command("npm stop --")
  .description(
    "Ends the embedded cluster, with all that runs and is stored in it. The cache of tools and images stays.",
  )
  .option("--name <name>", "the instance", defaultClusterName)
  .parse()
  .opts<{ readonly name: string }>();

await runCommand(async () => {
  const stopped = await stopCluster(name, createReporter());
  console.log(stopped ? `The cluster "${name}" is gone, with all its data.` : `There is no cluster "${name}".`);
});
