import { Command } from "commander";
import { UserError } from "../../components/errors/user-error.ts";
import { connectChannels } from "../notify/connect.ts";
import { Courier } from "../notify/courier.ts";
import { notToldLines, notToldOf } from "../report/not-told.ts";
import { openSite } from "../target/site.ts";
import { exitCodes } from "./exit-codes.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";

/** There is nobody to tell, or nothing to tell them with. */
export class NotificationsMissingError extends UserError {
  override readonly name = "NotificationsMissingError";
}

/** How long a flush tries, in milliseconds. */
const patience = 60_000;

export function notifyCommand(): Command {
  return new Command("notify")
    .description(
      "What people are told of an environment's releases, in Slack, GitHub and Grafana. It waits in the ledger until it is sent.",
    )
    .addCommand(showCommand())
    .addCommand(flushCommand());
}

function showCommand(): Command {
  return environmentCommand(
    "show",
    "Shows what was not sent yet, and what was given up, with the last problem of each.",
    [["notify show --stack production", "what is still to be told"]],
  ).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      const notTold = notToldOf(await site.store.read(any));
      const lines = notToldLines(notTold);
      if (options.json === true) process.stdout.write(`${JSON.stringify(notTold)}\n`);
      else process.stdout.write(lines.length === 0 ? "Everything was told.\n" : `${lines.join("\n")}\n`);
      return exitCodes.ok;
    }),
  );
}

function flushCommand(): Command {
  return environmentCommand(
    "flush",
    `Sends what was not sent yet, for up to ${patience / 1000} s, with this process's SLACK_BOT_TOKEN (or webhooks), GITHUB_TOKEN and GRAFANA_API_KEY.\n` +
      "Every release does so too; ask for it where none is to come soon. Exits with 13 where something is left.",
    [["notify flush --stack production", "send it now, e.g. after an outage of Slack"]],
  ).action((options: CommonOptions) =>
    run({}, async ({ any }) => {
      using site = await openSite(options);
      const { notifications, service, environment } = await site.plan(any);
      if (notifications === null)
        throw new NotificationsMissingError(
          "Nobody is to be told: the stack's configuration has no section atom:notifications (docs/notifications.md).",
        );
      const { channels, notes, scrub } = connectChannels({
        notifications,
        service,
        environment,
        variables: process.env,
      });
      for (const note of notes) process.stderr.write(`${note}\n`);
      await new Courier({ store: site.store, clock: site.clock, channels, scrub }).drain(patience, any);
      const notTold = notToldOf(await site.store.read(new AbortController().signal));
      const left = notTold.pending.length;
      if (options.json === true) process.stdout.write(`${JSON.stringify(notTold)}\n`);
      else process.stdout.write(left === 0 ? "Everything is told.\n" : `${notToldLines(notTold).join("\n")}\n`);
      return left === 0 ? exitCodes.ok : exitCodes.internal;
    }),
  );
}
