import { closeSync, fchmodSync, openSync, writeSync } from "node:fs";
import type { EngineEvent } from "@pulumi/pulumi/automation/index.js";
import { UserError } from "../../components/errors/user-error.ts";

/** The engine's events cannot be written where they were asked for. */
export class EventFileError extends UserError {
  override readonly name = "EventFileError";
}

/** The engine's events, a JSON object on each line, for this user's eyes alone. What was in the file is gone. */
export class EventFile implements Disposable {
  readonly #descriptor: number;

  private constructor(descriptor: number) {
    this.#descriptor = descriptor;
  }

  /** Throws an {@link EventFileError}. */
  static create(file: string): EventFile {
    try {
      const descriptor = openSync(file, "w", 0o600);
      // The mode above is that of a new file alone.
      fchmodSync(descriptor, 0o600);
      return new EventFile(descriptor);
    } catch (cause) {
      throw new EventFileError(`The engine's events cannot be written to ${file}: ${(cause as Error).message}`, {
        cause,
      });
    }
  }

  /** Each line is written at once, so that an engine that is killed leaves what it had said. */
  readonly write = (event: EngineEvent): void => {
    writeSync(this.#descriptor, `${JSON.stringify(event)}\n`);
  };

  [Symbol.dispose](): void {
    closeSync(this.#descriptor);
  }
}
