import type { Command } from "commander";
import { statusOf, statusText } from "../report/status.ts";
import { lookAt } from "../target/look.ts";
import { openSite, type Site } from "../target/site.ts";
import { follow } from "../view/follow.ts";
import { ledgersOf } from "../target/ledgers.ts";
import { conclusion, surroundingsOf } from "./conclude.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "./exit-codes.ts";
import { openView } from "./open-view.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";
import { terminalOf } from "./terminal.ts";

interface Options extends CommonOptions {
  readonly watch?: boolean;
}

export function statusCommand(): Command {
  return environmentCommand(
    "status",
    "Shows what serves, what is staged, the release under way and what it waits for, what is quarantined, and what to do next.",
    [
      ["status --stack production", "look once"],
      ["status --stack production --watch", "follow the release under way to its end, wherever it runs"],
    ],
  )
    .option("--watch", "follow the release under way; ends as it ends, with its exit code")
    .action((options: Options) =>
      run({}, async ({ any }) => {
        using site = await openSite(options);
        const status = statusOf(await lookAt(site, any));
        if (options.watch === true && status.release !== null) return await watch(site, options, any);
        if (options.json === true) process.stdout.write(`${JSON.stringify(status)}\n`);
        else process.stdout.write(statusText(status, terminalOf(process.stdout)));
        return exitCodes.ok;
      }),
    );
}

async function watch(site: Site, options: Options, signal: AbortSignal): Promise<ExitCode> {
  using view = openView(options.json, "watcher");
  const trouble = (detail: string): void => {
    view.trouble(detail);
  };
  const record = await follow(ledgersOf(site, trouble, signal), view, await site.plan(signal));
  view.end();
  if (record === undefined) return exitCodes.interrupted;
  await conclusion(record, surroundingsOf(site), options);
  return exitCodeOf({ end: "over", state: record.state });
}
