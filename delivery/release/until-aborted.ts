/** Rejects with the signal's reason when it fires; `forget` lets go of the signal. */
export function untilAborted(signal: AbortSignal): { readonly promise: Promise<never>; readonly forget: () => void } {
  const { promise, reject } = Promise.withResolvers<never>();
  // Whoever races against it may have finished before.
  promise.catch(() => undefined);
  const onAbort = (): void => {
    reject(signal.reason instanceof Error ? signal.reason : new Error("aborted", { cause: signal.reason }));
  };
  if (signal.aborted) onAbort();
  else signal.addEventListener("abort", onAbort, { once: true });
  return {
    promise,
    forget: () => {
      signal.removeEventListener("abort", onAbort);
    },
  };
}
