import { spawn, type ChildProcess } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import type { Command } from "../components/component.ts";

/** How a process ended, in words. */
export type Ending = string;

/** A process of a component, with its output in a file. */
export class ComponentProcess {
  readonly #child: ChildProcess;
  /** Resolves to how it ended, or to undefined where it ended with exit code 0. Never rejects. */
  readonly ended: Promise<Ending | undefined>;

  /** Starts it. The environment is `env` and the command's own; the log is appended to. */
  constructor(command: Command, env: Readonly<Record<string, string>>, log: string) {
    const output = openSync(log, "a", 0o600);
    try {
      this.#child = spawn(command.command, command.args, {
        cwd: "/",
        env: { ...env, ...command.env },
        stdio: [command.input === undefined ? "ignore" : "pipe", output, output],
        // A group of its own: a signal to the supervisor's group must not end components out of order.
        detached: true,
        ...(command.user ?? {}),
      });
    } finally {
      closeSync(output);
    }
    const child = this.#child;
    this.ended = new Promise((resolve) => {
      child.once("error", (error) => {
        resolve(`could not be started: ${error.message}`);
      });
      child.once("exit", (code, signal) => {
        resolve(code === 0 ? undefined : signal === null ? `exit code ${code ?? "?"}` : `ended by ${signal}`);
      });
    });
    // A process that does not read its input to the end says so in its log and exit code.
    child.stdin?.once("error", () => undefined);
    child.stdin?.end(command.input);
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Asks it to end, and ends it after `graceMs`. Resolves when it is gone. */
  async stop(signal: NodeJS.Signals, graceMs: number): Promise<void> {
    this.#child.kill(signal);
    const timer = setTimeout(() => this.#child.kill("SIGKILL"), graceMs);
    await this.ended;
    clearTimeout(timer);
  }
}
