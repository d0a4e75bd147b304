import assert from "node:assert/strict";
import { EngineInterrupt } from "../../infra/interrupt.ts";

describe("the signal that ends the engine", () => {
  /** Sends SIGINT's event to this process, as a command sees it: its handler aborts. */
  function interrupted(terminal: boolean): boolean {
    const command = new AbortController();
    const abort = () => {
      command.abort();
    };
    process.on("SIGINT", abort);
    try {
      using interrupt = new EngineInterrupt(command.signal, { terminal });
      process.emit("SIGINT");
      return interrupt.signal.aborted;
    } finally {
      process.off("SIGINT", abort);
    }
  }

  it("is not sent after a Ctrl-C at a terminal, which the engine got too", () => {
    assert.equal(interrupted(true), false);
  });

  it("is sent after a SIGINT that only this process got", () => {
    assert.equal(interrupted(false), true);
  });

  it("is sent when the command is aborted for another reason, and carries the reason", () => {
    const command = new AbortController();
    using interrupt = new EngineInterrupt(command.signal, { terminal: true });
    const reason = new Error("deadline");
    command.abort(reason);
    assert.equal(interrupt.signal.reason, reason);
  });

  it("leaves no handler behind", () => {
    const before = process.listenerCount("SIGINT");
    new EngineInterrupt(new AbortController().signal)[Symbol.dispose]();
    assert.equal(process.listenerCount("SIGINT"), before);
  });
});
