/** Work that did not end in time. */
export class DeadlineError extends Error {
  override readonly name = "DeadlineError";
  readonly limitMs: number;

  constructor(limitMs: number) {
    super(`no answer within ${limitMs} ms`);
    this.limitMs = limitMs;
  }
}

/** Settles as `work` does, or rejects with a {@link DeadlineError} after `limitMs`; what comes later is ignored. */
export async function within<T>(limitMs: number, work: Promise<T>): Promise<T> {
  const { promise: expired, reject } = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    reject(new DeadlineError(limitMs));
  }, limitMs);
  try {
    return await Promise.race([work, expired]);
  } finally {
    clearTimeout(timer);
  }
}
