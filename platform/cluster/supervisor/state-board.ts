import { renameSync, writeFileSync } from "node:fs";
import type { ClusterState, ComponentState } from "../state.ts";

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/** The state that the outside reads, kept in a file that is always whole. */
export class StateBoard {
  readonly #file: string;
  readonly #startedAt: number;
  readonly #now: () => number;
  readonly #components: Record<string, ComponentState> = {};
  #phase: ClusterState["phase"] = "starting";
  #message: string | undefined;
  #writeIsDue = false;

  /** `now` is in milliseconds since the epoch. */
  constructor(file: string, names: readonly string[], now: () => number) {
    this.#file = file;
    this.#now = now;
    this.#startedAt = now();
    for (const name of names) this.#components[name] = { phase: "pending", restarts: 0 };
    this.#write();
  }

  /** What is known of a component. Throws where there is none of that name. */
  of(name: string): ComponentState {
    const state = this.#components[name];
    if (state === undefined) throw new Error(`no component is named "${name}"`);
    return state;
  }

  update(name: string, change: Partial<ComponentState>): void {
    this.#components[name] = { ...this.of(name), ...change };
    this.#writeSoon();
  }

  /** A component is ready for the first time. */
  ready(name: string, phase: "running" | "done"): void {
    this.update(name, { phase, readyAfterMs: this.#now() - this.#startedAt });
  }

  /** A process runs; after a first readiness this is all that is known. */
  launched(name: string, pid: number | undefined): void {
    const phase = this.of(name).readyAfterMs === undefined ? "starting" : "running";
    this.update(name, { phase, ...(pid === undefined ? {} : { pid }) });
  }

  /** A service's process ended by itself and will be started again. */
  ended(name: string, message: string): void {
    const state: Mutable<ComponentState> = { ...this.of(name), phase: "waiting", message };
    delete state.pid;
    this.#components[name] = { ...state, restarts: state.restarts + 1 };
    this.#writeSoon();
  }

  /** Written at once: it may be the last word. */
  enter(phase: ClusterState["phase"], message?: string): void {
    this.#phase = phase;
    this.#message = message;
    this.#write();
  }

  /** Changes of one turn are written together. */
  #writeSoon(): void {
    if (this.#writeIsDue) return;
    this.#writeIsDue = true;
    setImmediate(() => {
      this.#writeIsDue = false;
      this.#write();
    });
  }

  #write(): void {
    const state: ClusterState = {
      phase: this.#phase,
      startedAt: this.#startedAt,
      ...(this.#message === undefined ? {} : { message: this.#message }),
      components: this.#components,
    };
    writeFileSync(`${this.#file}.new`, JSON.stringify(state, null, 2), { mode: 0o600 });
    renameSync(`${this.#file}.new`, this.#file);
  }
}
