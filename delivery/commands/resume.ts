import type { Command } from "commander";
import { ask } from "../ledger/requests.ts";
import { ReleaseRefusedError } from "../release/opening.ts";
import { openSite } from "../target/site.ts";
import { identityOf } from "../wiring/identity.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { sessionForward } from "../wiring/releasing.ts";
import { exitCodes } from "./exit-codes.ts";
import { openView } from "./open-view.ts";
import { releaseToItsEnd } from "./release-to-its-end.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions, reportOptions, type ReportOptions } from "./target-options.ts";

interface Options extends CommonOptions, ReportOptions {
  readonly by?: string;
}

export function resumeCommand(): Command {
  return reportOptions(
    environmentCommand(
      "resume",
      "Lets a held release go on with the step that it was held at, and takes up a release whose process is gone.",
      [["resume --stack production", "go on; where the releaser still runs, it is told to"]],
    ),
  )
    .option("--by <name>", "who asks, for the record (default: this user, or the workflow's run)")
    .action((options: Options) =>
      run({ releases: true }, async (signals) => {
        using site = await openSite(options);
        using view = openView(options.json);
        const identity = identityOf(process.env, options.by);
        const plan = await site.plan(signals.any);
        await using notifying = startNotifying({ site, plan, view, variables: process.env, signal: signals.any });
        const { notifier: elsewhere } = notifying;
        const sources = { site, plan, identity, view, environment: process.env, elsewhere };
        using releasing = await sessionForward(sources, signals.any);
        const { current, service } = await site.store.read(signals.any);
        const none = (): never => {
          throw new ReleaseRefusedError("no_release", `There is no release of ${service} under way.`);
        };
        if (current === null) none();
        const held = current?.state.phase === "held";
        if (held) await ask(site.store, { kind: "resume", by: identity.by }, site.clock, signals.any);
        try {
          // It must not open another one, should this one end meanwhile.
          const session = { ...releasing.options, prepare: () => Promise.resolve(none()) };
          return await releaseToItsEnd(session, { by: identity.by }, { site, view, reports: options }, signals);
        } catch (error) {
          if (!held || !(error instanceof ReleaseRefusedError && error.refusal === "locked")) throw error;
          view.note("the releaser that holds it is told to go on; follow it with: atom status --watch");
          return exitCodes.ok;
        }
      }),
    );
}
