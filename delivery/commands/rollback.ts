import type { Command } from "commander";
import { openSite } from "../target/site.ts";
import type { RollbackOptions } from "./rolling-back.ts";
import { run } from "./run.ts";
import { environmentCommand, reportOptions } from "./target-options.ts";

export function rollbackCommand(): Command {
  return reportOptions(
    environmentCommand(
      "rollback",
      "Goes back to the version before. While a release is under way, up to the end of its soak, that is one patch of the route. Afterwards the\n" +
        "kept version is staged again and released like any other: by a canary, or with --hotfix without its waits. With --now it gets all its pods\n" +
        "first and then all traffic in one patch, guarded: for when what serves is broken. It needs nothing but the cluster.",
      [
        ["rollback --stack production", "take back the release under way; else release the one before"],
        [
          "rollback --stack production --now --reason 'logins fail'",
          "all traffic to the one before at once: no canary",
        ],
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
    .option(
      "--now",
      "after the soak: no canary, no smoke test, no approval; the kept version's pods at full capacity, then all traffic in one patch",
    )
    .option("--reason <text>", "why, for the record", "no reason given")
    .option("--by <name>", "who asks, for the record (default: this user, or the workflow's run)")
    .action((options: RollbackOptions) =>
      run({ releases: true }, async (signals) => {
        using site = await openSite(options, { planAtOnce: true });
        const { rollBackRelease } = await import("./rolling-back.ts");
        return await rollBackRelease(site, options, signals);
      }),
    );
}
