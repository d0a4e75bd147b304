import { mkdir, mkdtemp, readdir, rm, unlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { identityOf, withLock } from "./lock.ts";

/**
 * What Go keeps while it builds our tools: compiled packages and the source of modules. Both are ours, below the cache of
 * tools, and the user's own Go caches are left as they are. All tools of a run share them, so that a package that several
 * tools have is compiled once; the last run that uses them removes them when its tools are there. After a failure, Ctrl-C
 * or a kill they stay, and the next run takes from them what was compiled already.
 */
export class GoCaches {
  readonly #root: string;
  #registration: Promise<string> | undefined;

  /** `root` is the folder of the tools. */
  constructor(root: string) {
    this.#root = root;
  }

  /** What Go's commands need to know of the caches. The first call registers this run as their user. */
  async environment(): Promise<Readonly<Record<"GOCACHE" | "GOMODCACHE", string>>> {
    this.#registration ??= this.#register();
    await this.#registration;
    return { GOCACHE: join(this.#folder, "build"), GOMODCACHE: join(this.#folder, "modules") };
  }

  /** An empty folder that is removed with the caches. */
  async newFolder(name: string): Promise<string> {
    await this.environment();
    return mkdtemp(join(this.#folder, `${name}-`));
  }

  /** Ends this run's use. `keep` leaves the caches to the next run; else they are removed unless another run uses them. */
  async release({ keep }: { readonly keep: boolean }): Promise<void> {
    if (keep && this.#registration === undefined) return;
    const registration = await this.#registration?.catch(() => undefined);
    this.#registration = undefined;
    await this.#locked(async () => {
      if (registration !== undefined) await unlink(registration).catch(() => undefined);
      if (!keep && !(await this.#hasUsers())) await rm(this.#folder, { recursive: true, force: true, maxRetries: 3 });
    });
  }

  get #folder(): string {
    return join(this.#root, ".go");
  }

  get #users(): string {
    return join(this.#folder, "users");
  }

  #register(): Promise<string> {
    return this.#locked(async () => {
      await mkdir(this.#users, { recursive: true });
      const file = join(this.#users, `${(await identityOf(process.pid)) ?? ""}.${crypto.randomUUID()}`);
      await writeFile(file, "");
      return file;
    });
  }

  /** Whether a living process is registered; what dead ones left is removed. */
  async #hasUsers(): Promise<boolean> {
    let found = false;
    for (const name of await readdir(this.#users).catch(() => [])) {
      const [identity = ""] = name.split(".");
      if ((await identityOf(Number.parseInt(identity, 10))) === identity) found = true;
      else await unlink(join(this.#users, name)).catch(() => undefined);
    }
    return found;
  }

  #locked<T>(work: () => Promise<T>): Promise<T> {
    return withLock(join(this.#root, ".go.lock"), {}, work);
  }
}
