import { Command } from "commander";
import { UserError } from "../../components/errors/user-error.ts";
import { noTotals } from "../../components/ledger/totals.ts";
import { metricsOf } from "../metrics/exposition.ts";
import { openSite } from "../target/site.ts";
import { exitCodes } from "./exit-codes.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";

/** There is nowhere to push to. */
export class MetricsEndpointMissingError extends UserError {
  override readonly name = "MetricsEndpointMissingError";
}

export function metricsCommand(): Command {
  return new Command("metrics")
    .description("Counts of an environment's releases, for Prometheus. They live in the ledger, so nothing is lost.")
    .addCommand(showCommand())
    .addCommand(pushCommand());
}

function showCommand(): Command {
  return environmentCommand("show", "Prints them in Prometheus' text format.", [
    ["metrics show --stack production", "what would be pushed"],
  ]).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      const ledger = await site.store.read(any);
      if (options.json === true) process.stdout.write(`${JSON.stringify(ledger.totals ?? noTotals())}\n`);
      else process.stdout.write(metricsOf(ledger, await site.environment(any)));
      return exitCodes.ok;
    }),
  );
}

function pushCommand(): Command {
  return environmentCommand(
    "push",
    "Pushes them to the Pushgateway that METRICS_ENDPOINT names (with METRICS_TOKEN as bearer token, if set).\n" +
      "Every release does so as it goes, and `npm run up` where METRICS_ENDPOINT is set, so that every series begins at 0.",
    [["metrics push --stack production", "push all of them again, e.g. to a Pushgateway that lost them"]],
  ).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      if (!(await site.metrics.last(await site.store.read(any), any)))
        throw new MetricsEndpointMissingError(
          "METRICS_ENDPOINT is not set.\nIt is the address of a Pushgateway, such as http://pushgateway.monitoring:9091.",
        );
      if (options.json === true) process.stdout.write(`${JSON.stringify({ pushed: true })}\n`);
      else process.stdout.write("The deployment metrics were pushed.\n");
      return exitCodes.ok;
    }),
  );
}
