/** The part of a process that says that it ends; `process` is one. */
export interface ProcessEvents {
  readonly pid: number;
  prependListener(event: NodeJS.Signals | "exit", listener: () => void): unknown;
  removeListener(event: NodeJS.Signals | "exit", listener: () => void): unknown;
  listenerCount(event: NodeJS.Signals): number;
  kill(pid: number, signal: NodeJS.Signals): unknown;
}

const deadly = ["SIGINT", "SIGTERM", "SIGHUP"] as const;

/**
 * Calls back before the process ends, however it does (save by SIGKILL), until it is disposed of. A signal that nobody else listens to
 * still ends the process.
 *
 * @param onSignal called for a signal that somebody else answers
 */
export function beforeExit(events: ProcessEvents, onExit: () => void, onSignal: () => void): Disposable {
  const onSignals = deadly.map((signal) => {
    // First of all listeners: those that listen once are counted only before they are called.
    const listener = (): void => {
      if (events.listenerCount(signal) > 1) {
        onSignal();
        return;
      }
      onExit();
      stop();
      events.kill(events.pid, signal);
    };
    events.prependListener(signal, listener);
    return [signal, listener] as const;
  });
  events.prependListener("exit", onExit);
  const stop = (): void => {
    for (const [signal, listener] of onSignals) events.removeListener(signal, listener);
    events.removeListener("exit", onExit);
  };
  return { [Symbol.dispose]: stop };
}
