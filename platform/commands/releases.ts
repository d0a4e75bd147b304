// `npm run releases -- serve`: the tools in our cache, served on loopback in the layout of the official releases.
import { once } from "node:events";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseArgs } from "node:util";
import { UserError } from "../../components/errors/user-error.ts";
import { createReporter } from "../progress.ts";
import { layOut, type Offer } from "../releases/layout.ts";
import { ReleaseServer } from "../releases/server.ts";
import { defaultCacheFolder, thisMachine } from "../toolchain/machine.ts";
import { recipeDigest } from "../toolchain/recipe.ts";
import { ToolStore } from "../toolchain/store.ts";
import { isPublished } from "../toolchain/tool.ts";
import { toolNamed, toolNames } from "../toolchain/tools.ts";
import { runCommand } from "./run-command.ts";

/** The command was called with other words than its own. */
class ReleasesUsageError extends UserError {
  override readonly name = "ReleasesUsageError";

  constructor(problem: string, options?: ErrorOptions) {
    super(`${problem}\n  usage: npm run releases -- serve [--port N]`, options);
  }
}

await runCommand(async (signal) => {
  const port = parsePort(process.argv.slice(2));
  const reporter = createReporter();
  const machine = thisMachine();
  const store = new ToolStore(defaultCacheFolder(machine));
  const folder = await mkdtemp(path.join(tmpdir(), "atom-releases-"));
  try {
    const offers = new Map<string, Offer>();
    const absent: string[] = [];
    for (const tool of toolNames.map(toolNamed)) {
      const source = tool.sources.find(isPublished);
      if (source === undefined) continue;
      const files = await store.find(tool.name, await recipeDigest(tool));
      if (files === undefined) {
        absent.push(tool.name);
        continue;
      }
      const build = { source, version: source.version ?? tool.version, files };
      const target = { folder: path.join(folder, tool.name), architecture: machine.architecture, signal };
      const made = await reporter.task(`packing ${tool.name}`, {}, () => layOut(build, target));
      for (const [at, offer] of made) offers.set(at, offer);
    }
    if (absent.length > 0) reporter.note(`Not served, because they are not in ${store.root}: ${absent.join(", ")}.`);
    await using server = await ReleaseServer.start(offers, port, (line) => {
      reporter.note(line);
    });
    process.stdout.write(`ATOM_RELEASES_MIRROR=${server.address}\n`);
    if (!signal.aborted) await once(signal, "abort");
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
});

/** Throws {@link ReleasesUsageError}. */
function parsePort(parameters: readonly string[]): number {
  const { values, positionals } = parse(parameters);
  if (positionals.join() !== "serve") throw new ReleasesUsageError("there is one subcommand, serve");
  if (!/^\d+$/.test(values.port) || Number(values.port) > 65_535)
    throw new ReleasesUsageError(`--port ${values.port} is not a port (0 to 65535)`);
  return Number(values.port);
}

function parse(parameters: readonly string[]) {
  const options = { port: { type: "string", default: "0" } } as const;
  try {
    return parseArgs({ args: [...parameters], allowPositionals: true, options });
  } catch (error) {
    throw new ReleasesUsageError(error instanceof Error ? error.message : String(error), { cause: error });
  }
}
