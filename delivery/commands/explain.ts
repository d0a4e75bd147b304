import type { Command } from "commander";
import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import { reportJson } from "../report/json.ts";
import { storyOf, type ReleaseRecord } from "../report/story.ts";
import { explainText } from "../report/text.ts";
import { openSite } from "../target/site.ts";
import { recordIn, surroundingsOf, writeReports } from "./conclude.ts";
import { exitCodes } from "./exit-codes.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions, reportOptions, type ReportOptions } from "./target-options.ts";
import { terminalOf } from "./terminal.ts";

interface Options extends CommonOptions, ReportOptions {
  readonly queries?: boolean;
}

/** The ledger does not know such a release. */
export class ReleaseUnknownError extends UserError {
  override readonly name = "ReleaseUnknownError";
}

export function explainCommand(): Command {
  return reportOptions(
    environmentCommand(
      "explain",
      "Tells the story of a release: what happened, why, on what evidence, and what to do next.",
      [
        ["explain r12 --stack production", "the story, with counts, limits and verdicts"],
        ["explain r12 --stack production --html report.html", "one page, fit to attach to an issue"],
        ["explain last --stack production --json", "the newest one, for machines"],
      ],
    ),
  )
    .argument("<release>", "as `atom history` names it, or `last`")
    .option("--queries", "show what Prometheus was asked, and what it answered")
    .action((id: string, options: Options) =>
      run({}, async ({ any }) => {
        using site = await openSite(options);
        const record = findRecord(await site.store.read(any), id);
        const names = surroundingsOf(site);
        await writeReports(record, names, options);
        if (options.json === true) process.stdout.write(`${JSON.stringify(reportJson(record, names))}\n`);
        else
          process.stdout.write(
            explainText(storyOf(record, names), { ...terminalOf(process.stdout), queries: options.queries === true }),
          );
        return exitCodes.ok;
      }),
    );
}

/** A release by its name. Throws a {@link ReleaseUnknownError} that lists what there is. */
export function findRecord(ledger: Ledger, id: string): ReleaseRecord {
  const newest = ledger.current ?? ledger.releases[0];
  const record = id === "last" && newest !== undefined ? newest : recordIn(ledger, id);
  if (record !== undefined) return record;
  const known = [ledger.current, ...ledger.releases].flatMap((each) => each?.id ?? []);
  throw new ReleaseUnknownError(
    `The ledger of ${ledger.service} has no release ${id} (it has: ${known.slice(0, 20).join(", ") || "none"}).`,
  );
}
