// What `atom status` does. Loaded once its first request is on its way.
import { statusOf, statusText } from "../report/status.ts";
import { ledgersOf } from "../target/ledgers.ts";
import { lookAt } from "../target/look.ts";
import type { Site } from "../target/site.ts";
import { follow } from "../view/follow.ts";
import { conclusion, surroundingsOf } from "./conclude.ts";
import { exitCodeOf, exitCodes, type ExitCode } from "./exit-codes.ts";
import { noteUnreadableChange, openView } from "./open-view.ts";
import type { CommonOptions } from "./target-options.ts";
import { terminalOf } from "./terminal.ts";

export interface StatusOptions extends CommonOptions {
  readonly watch?: boolean;
}

export async function showStatus(site: Site, options: StatusOptions, signal: AbortSignal): Promise<ExitCode> {
  await noteUnreadableChange((line) => process.stderr.write(`${line}\n`));
  const status = statusOf(await lookAt(site, signal));
  if (options.watch === true && status.release !== null) return await watch(site, options, signal);
  if (options.json === true) process.stdout.write(`${JSON.stringify(status)}\n`);
  else process.stdout.write(statusText(status, terminalOf(process.stdout)));
  return exitCodes.ok;
}

async function watch(site: Site, options: StatusOptions, signal: AbortSignal): Promise<ExitCode> {
  using view = openView(options.json, "watcher");
  const trouble = (detail: string): void => {
    view.trouble(detail);
  };
  const { plan } = await site.openPlan(signal);
  const record = await follow(ledgersOf(site, trouble, signal), view, plan);
  view.end();
  if (record === undefined) return exitCodes.interrupted;
  await conclusion(record, surroundingsOf(site), options);
  return exitCodeOf({ end: "over", state: record.state });
}
