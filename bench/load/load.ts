import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import type { OpenLoopOptions, Taken } from "./open-loop.ts";

const answerWithinMs = 5_000;

/** A load at a fixed rate in a process of its own. It ends when it is disposed of, and with this process in any case. */
export class Load implements AsyncDisposable {
  readonly #child: ChildProcess;

  constructor(options: OpenLoopOptions) {
    // Ctrl-C is for the bench: it ends the load when it has been told.
    this.#child = fork(path.join(import.meta.dirname, "main.ts"), [JSON.stringify(options)], { detached: true });
  }

  /** What its clients saw since the last call. */
  async take(): Promise<Taken> {
    const answer = once(this.#child, "message", { signal: AbortSignal.timeout(answerWithinMs) }) as Promise<[Taken]>;
    this.#child.send("take");
    const [taken] = await answer;
    return taken;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    const ended = once(this.#child, "exit");
    if (this.#child.connected) this.#child.disconnect();
    else this.#child.kill("SIGKILL");
    await ended;
  }
}
