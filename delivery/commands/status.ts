import type { Command } from "commander";
import { openSite } from "../target/site.ts";
import { run } from "./run.ts";
import type { StatusOptions } from "./show-status.ts";
import { environmentCommand } from "./target-options.ts";

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
    .action((options: StatusOptions) =>
      run({}, async ({ any }) => {
        using site = await openSite(options, { planAtOnce: true });
        const { showStatus } = await import("./show-status.ts");
        return await showStatus(site, options, any);
      }),
    );
}
