import type { Command } from "commander";
import { openSite } from "../target/site.ts";
import type { AbortOptions } from "./rolling-back.ts";
import { run } from "./run.ts";
import { environmentCommand, reportOptions } from "./target-options.ts";

export function abortCommand(): Command {
  return reportOptions(
    environmentCommand(
      "abort",
      "Takes the release under way back, whoever runs it: that process is shut out at once. It needs nothing but the cluster.",
      [["abort --stack production --reason 'customers report errors'", "all traffic back to the old version, now"]],
    ),
  )
    .option("--reason <text>", "why, for the record", "no reason given")
    .option("--by <name>", "who asks, for the record (default: this user, or the workflow's run)")
    .action((options: AbortOptions) =>
      run({}, async (signals) => {
        using site = await openSite(options, { planAtOnce: true });
        const { abortRelease } = await import("./rolling-back.ts");
        return await abortRelease(site, options, signals);
      }),
    );
}
