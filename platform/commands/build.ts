// `npm run build`: `atom` as one file, for `npx atom`, a kubectl plugin and the releaser's image; with --executable also as a program of its own.
import path from "node:path";
import { Command } from "commander";
import { bundleAtom, type Bundle } from "../bundle/bundle.ts";
import { runCommand } from "./run-command.ts";

const dist = path.join(import.meta.dirname, "..", "..", "dist");

const { executable } = new Command("npm run build --")
  .description("Makes dist/atom.mjs, which `npx atom` and `kubectl atom` run from then on in place of the source.")
  .option("--executable", "also make dist/atom, which needs no Node: for this machine's kind of processor and system")
  .parse()
  .opts<{ readonly executable?: boolean }>();

await runCommand(async () => {
  tell(await bundleAtom({ outfile: path.join(dist, "atom.mjs") }));
  if (executable !== true) return;
  const { buildExecutable } = await import("../bundle/executable.ts");
  tell(await buildExecutable(path.join(dist, "atom")));
});

function tell({ file, bytes }: Bundle): void {
  console.log(`${path.relative(process.cwd(), file)}  ${(bytes / 1e6).toFixed(1)} MB`);
}
