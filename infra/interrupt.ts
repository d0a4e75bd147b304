/**
 * Runs something that SIGINT and SIGTERM end through a signal, and not at once. A Ctrl-C at a terminal reaches the engine by itself,
 * because it is in the same process group; a second SIGINT would have it stop in the middle of a step, so none is passed on.
 */
export async function interruptible<Result>(
  work: (signal: AbortSignal) => Promise<Result>,
  { terminal = process.stdin.isTTY }: { readonly terminal?: boolean } = {},
): Promise<Result> {
  const controller = new AbortController();
  const end = () => {
    controller.abort(new Error("interrupted"));
  };
  const onInterrupt = terminal ? () => undefined : end;
  process.on("SIGINT", onInterrupt);
  process.on("SIGTERM", end);
  try {
    return await work(controller.signal);
  } finally {
    process.off("SIGINT", onInterrupt);
    process.off("SIGTERM", end);
  }
}
