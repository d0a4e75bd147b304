import type { Command } from "commander";
import { takeBack } from "../release/releaser.ts";
import { openSite } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { sessionBack } from "../wiring/releasing.ts";
import { conclude, reportOptions, type ReportOptions } from "./conclude.ts";
import { exitCodes } from "./exit-codes.ts";
import { openView } from "./open-view.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";

interface Options extends CommonOptions, ReportOptions {
  readonly reason?: string;
  readonly by?: string;
}

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
    .action((options: Options) =>
      run({}, async (signals) => {
        using site = await openSite(options);
        using view = openView(options.json);
        const identity = identityOf(process.env, options.by);
        const plan = await site.plan(signals.any);
        await using notifying = startNotifying({ site, plan, view, variables: process.env, signal: signals.any });
        const { notifier: elsewhere } = notifying;
        const session = sessionBack({ site, plan, identity, view, environment: process.env, elsewhere });
        const why = `aborted by ${identity.by}: ${options.reason ?? ""}`;
        const end = await takeBack(session, why, signals);
        view.end();
        await conclude(site, end, options);
        // Done as asked; what was released went back.
        return end.end === "over" ? exitCodes.ok : exitCodes.interrupted;
      }),
    );
}
