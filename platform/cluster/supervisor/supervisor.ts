import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { applyPaths } from "../apply.ts";
import { stopOrder } from "../components/table.ts";
import { logName } from "../state.ts";
import { ComponentProcess } from "./process.ts";
import { untilReady } from "./ready.ts";
import type { ApiClient } from "../api-client.ts";
import type { Command, Component, Service, Task } from "../components/component.ts";
import type { StateBoard } from "./state-board.ts";

export interface SupervisorOptions {
  readonly components: readonly Component[];
  readonly client: ApiClient;
  readonly board: StateBoard;
  /** Folder of the components' logs. */
  readonly logs: string;
  /** Environment of every component. */
  readonly env: Readonly<Record<string, string>>;
}

/** Waits before a component that ended is started again: doubled each time, from the first to the last. */
const restartDelayMs = { first: 200, last: 10_000 } as const;
/** A component that ran for so long is not in a row of crashes. */
const steadyMs = 30_000;
/** Nothing has to be saved at the end, since the data goes too: who is slow is ended. */
const stopGraceMs = 1_500;

/** Brings the components up, each as soon as those that it comes after are ready, and keeps the services running. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #processes = new Map<string, ComponentProcess>();
  readonly #stopping = new AbortController();

  constructor(options: SupervisorOptions) {
    this.#options = options;
  }

  /** Resolves when all are ready. Rejects with the first failure; the others go on until `stop`. */
  async start(): Promise<void> {
    const ready = new Map<string, PromiseWithResolvers<void>>();
    for (const { name } of this.#options.components) ready.set(name, Promise.withResolvers());
    await Promise.all(
      this.#options.components.map(async (component) => {
        for (const name of component.after) await ready.get(name)?.promise;
        await this.#bringUp(component);
        ready.get(component.name)?.resolve();
      }),
    );
  }

  /** Ends every service, those first that come after others. Resolves when all are gone. */
  async stop(): Promise<void> {
    this.#stopping.abort(new Error("the instance is being stopped"));
    for (const group of stopOrder(this.#options.components))
      await Promise.all(
        group.map(async (component) => {
          const signal = component.kind === "service" ? component.stopSignal : undefined;
          await this.#processes.get(component.name)?.stop(signal ?? "SIGTERM", stopGraceMs);
        }),
      );
  }

  async #bringUp(component: Component): Promise<void> {
    const signal = AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(component.deadlineSeconds * 1_000)]);
    signal.throwIfAborted();
    this.#options.board.update(component.name, { phase: "starting" });
    try {
      if (component.kind === "service") {
        void this.#keepRunning(component);
        await untilReady(component.ready, this.#options.client, signal);
        this.#options.board.ready(component.name, "running");
      } else {
        await this.#perform(component, signal);
        this.#options.board.ready(component.name, "done");
      }
    } catch (error) {
      const reason = this.#explain(error, component);
      this.#options.board.update(component.name, { phase: "failed", message: reason });
      throw new Error(`${component.name} ${reason}`, { cause: error });
    }
  }

  #explain(error: unknown, component: Component): string {
    if (!(error instanceof Error)) return String(error);
    // The timeout's abort reaches the waiter as the reason of its own AbortError.
    const isTimeout = [error, error.cause].some((one) => one instanceof DOMException && one.name === "TimeoutError");
    if (!isTimeout) return error.message;
    const ending = this.#options.board.of(component.name).message;
    return `was not ready after ${component.deadlineSeconds} s${ending === undefined ? "" : ` (${ending})`}`;
  }

  async #perform({ name, work }: Task, signal: AbortSignal): Promise<void> {
    switch (work.kind) {
      case "command": {
        const ending = await this.#launch(name, work).ended;
        this.#processes.delete(name);
        if (ending !== undefined) throw new Error(ending);
        return;
      }
      case "apply":
        await applyPaths(this.#options.client, work, signal);
        return;
      case "wait":
        await untilReady(work.check, this.#options.client, signal);
    }
  }

  async #keepRunning(service: Service): Promise<void> {
    const { board } = this.#options;
    let wait: number = restartDelayMs.first;
    while (!this.#stopping.signal.aborted) {
      const startedAt = performance.now();
      const process = this.#launch(service.name, service.command);
      const ending = (await process.ended) ?? "ended with exit code 0";
      this.#processes.delete(service.name);
      if (performance.now() - startedAt >= steadyMs) wait = restartDelayMs.first;
      board.ended(service.name, ending);
      // An end that was asked for leaves the loop here, without a wait.
      await delay(wait, undefined, { signal: this.#stopping.signal }).catch(() => undefined);
      wait = Math.min(wait * 2, restartDelayMs.last);
    }
    board.update(service.name, { phase: "stopped" });
  }

  #launch(name: string, command: Command): ComponentProcess {
    const process = new ComponentProcess(command, this.#options.env, path.join(this.#options.logs, logName(name)));
    this.#processes.set(name, process);
    this.#options.board.launched(name, process.pid);
    return process;
  }
}
