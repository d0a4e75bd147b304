import { access } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { run } from "./command.ts";
import { GoCaches } from "./go-caches.ts";
import { prepareModule, type PreparedModule } from "./go-module.ts";
import type { Machine } from "./machine.ts";
import type { Workshop } from "./recipe.ts";
import type { GoModuleSource, Tool } from "./tool.ts";

/** What the builds of one run have in common: Go's caches, what is compiled, and modules that are downloaded ahead of their build. */
export class GoRun {
  /** Packages in the build cache by this run, with their modules' versions. */
  readonly compiled = new Set<string>();
  readonly #caches: GoCaches;
  readonly #machine: Machine;
  readonly #ahead = new Map<GoModuleSource, Promise<PreparedModule | undefined>>();
  #environment: Promise<Readonly<Record<string, string>>> | undefined;

  constructor(root: string, machine: Machine) {
    this.#caches = new GoCaches(root);
    this.#machine = machine;
  }

  /** For every command of Go. The user's own proxy and checksum settings stay as they are. */
  environment(): Promise<Readonly<Record<string, string>>> {
    return (this.#environment ??= this.#findEnvironment());
  }

  /** Downloads what a tool's build needs, while another one compiles: one waits for the network, the other for the processor. */
  prepareAhead(tool: Tool, source: GoModuleSource, workshop: Workshop): void {
    if (!this.#ahead.has(source)) this.#ahead.set(source, this.#prepare(tool, source, workshop));
  }

  /** What was prepared ahead; undefined when nothing was, or when that failed: the build then does it, and says why it cannot. */
  async prepared(source: GoModuleSource): Promise<PreparedModule | undefined> {
    return this.#ahead.get(source);
  }

  /** Waits for downloads that still run, and gives the caches back (see {@link GoCaches.release}). */
  async end(options: { readonly keep: boolean }): Promise<void> {
    await Promise.all(this.#ahead.values());
    await this.#caches.release(options);
  }

  async #prepare(tool: Tool, source: GoModuleSource, workshop: Workshop): Promise<PreparedModule | undefined> {
    try {
      const folder = await this.#caches.newFolder("ahead");
      const log = join(folder, "modules.log");
      return await prepareModule(source, folder, { ...workshop, tool, folder, log, update: () => undefined });
    } catch {
      return undefined;
    }
  }

  async #findEnvironment(): Promise<Readonly<Record<string, string>>> {
    return {
      CGO_ENABLED: "0",
      // Modules that anyone may remove: Go makes their folders read-only otherwise.
      GOFLAGS: "-mod=mod -modcacherw",
      GOTOOLCHAIN: "local",
      GOWORK: "off",
      GO111MODULE: "on",
      ...(await this.#caches.environment()),
      ...(await this.#usersModules()),
    };
  }

  /** The modules that the user has already are read as a proxy that is asked first, and never written. */
  async #usersModules(): Promise<Readonly<Record<string, string>>> {
    try {
      const { stdout } = await run("go", ["env", "-json", "GOMODCACHE", "GOPROXY"], { env: this.#machine.env });
      const { GOMODCACHE, GOPROXY } = JSON.parse(stdout) as Record<"GOMODCACHE" | "GOPROXY", string>;
      const modules = join(GOMODCACHE, "cache", "download");
      await access(modules);
      return { GOPROXY: `${pathToFileURL(modules).href},${GOPROXY}` };
    } catch {
      return {}; // there are none
    }
  }
}
