import type { Command } from "commander";
import { stageKept } from "../release/kept.ts";
import { takeBack } from "../release/releaser.ts";
import { openSite } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { sessionBack, sessionForward } from "../wiring/releasing.ts";
import { conclude, reportOptions, type ReportOptions } from "./conclude.ts";
import { exitCodes } from "./exit-codes.ts";
import { openView } from "./open-view.ts";
import { releaseToItsEnd } from "./release-to-its-end.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";

interface Options extends CommonOptions, ReportOptions {
  readonly to?: string;
  readonly hotfix?: string;
  readonly reason?: string;
  readonly by?: string;
}

export function rollbackCommand(): Command {
  return reportOptions(
    environmentCommand(
      "rollback",
      "Goes back to the version before. While a release is under way, up to the end of its soak, that is one patch of the route. Afterwards the\n" +
        "kept version is staged again and released like any other: by a canary, or at once with --hotfix. It needs nothing but the cluster.",
      [
        ["rollback --stack production", "take back the release under way; else release the one before"],
        ["rollback --stack production --to r12", "release what r12 ran, by a canary"],
        ["rollback --stack production --to r12 --hotfix 'data loss'", "the same without its waits"],
      ],
    ),
  )
    .option(
      "--to <release>",
      "the release to go back to, as `atom history` names it (default: the last one that served before)",
    )
    .option(
      "--hotfix <reason>",
      "after the soak: skip the waits of the canary; every weight is still set, confirmed and guarded",
    )
    .option("--reason <text>", "why, for the record", "no reason given")
    .option("--by <name>", "who asks, for the record (default: this user, or the workflow's run)")
    .action((options: Options) =>
      run({ releases: true }, async (signals) => {
        using site = await openSite(options);
        using view = openView(options.json);
        const { to, hotfix } = options;
        const identity = identityOf(process.env, options.by);
        const plan = await site.plan(signals.any);
        await using notifying = startNotifying({ site, plan, view, variables: process.env, signal: signals.any });
        const { notifier: elsewhere } = notifying;
        const sources = { site, plan, identity, view, environment: process.env, elsewhere };
        const { current } = await site.store.read(signals.any);
        if (current !== null && (to === undefined || to === current.from.template)) {
          const end = await takeBack(
            sessionBack(sources),
            `rolled back by ${identity.by}: ${options.reason ?? ""}`,
            signals,
          );
          view.end();
          await conclude(site, end, options);
          return end.end === "over" ? exitCodes.ok : exitCodes.interrupted;
        }
        using releasing = await sessionForward({ ...sources, smokeIfPossible: true }, signals.any);
        const session = { ...releasing.options, prepare: stageKept(to) };
        return await releaseToItsEnd(session, { by: identity.by, hotfix }, { site, view, reports: options }, signals);
      }),
    );
}
