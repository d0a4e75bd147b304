import type { Command } from "commander";
import { replay } from "../report/replay.ts";
import { replayText } from "../report/replay-text.ts";
import { openSite } from "../target/site.ts";
import { exitCodes } from "./exit-codes.ts";
import { findRecord } from "./explain.ts";
import { run } from "./run.ts";
import { environmentCommand, type CommonOptions } from "./target-options.ts";
import { terminalOf } from "./terminal.ts";

interface Options extends CommonOptions {
  readonly set: readonly string[];
}

export function replayCommand(): Command {
  return environmentCommand(
    "replay",
    "Judges a recorded release again, from the counts that it was judged on, under other limits and policies. It changes nothing.",
    [
      ["replay r12 --stack production", "the same verdicts, from the record alone"],
      ["replay r12 --set gate.errorRate.max=0.5% --stack production", "would it have passed with 0.5 %?"],
      ["replay last --set gate.errorRate.policy=warn --stack production", "and if it had only warned?"],
    ],
  )
    .argument("<release>", "as `atom history` names it, or `last`")
    .option(
      "--set <key=value>",
      "a limit or policy to judge by; may be given more than once, and an unknown one is answered with the list",
      (setting: string, before: readonly string[]) => [...before, setting],
      [],
    )
    .action((id: string, options: Options) =>
      run({}, async ({ any }) => {
        using site = await openSite(options);
        const result = replay(findRecord(await site.store.read(any), id), options.set);
        if (options.json === true) process.stdout.write(`${JSON.stringify(result)}\n`);
        else process.stdout.write(replayText(result, terminalOf(process.stdout)));
        return exitCodes.ok;
      }),
    );
}
