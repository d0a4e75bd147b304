// A stack command in a process of its own, so that a test can kill it with all that it started. Its options are the JSON on standard input.
import { text } from "node:stream/consumers";
import { stackCommand, type StackCommandOptions } from "../../../infra/engine.ts";

const options = JSON.parse(await text(process.stdin)) as StackCommandOptions;
await stackCommand({ ...options, onOutput: (line) => process.stdout.write(line) });
