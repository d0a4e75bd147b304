import { withLock } from "../toolchain/lock.ts";
import type { Reporter } from "../progress.ts";

export interface InstanceLockOptions {
  readonly reporter: Reporter;
  /** Ends the waiting. @default never */
  readonly signal?: AbortSignal | undefined;
}

/** Keeps two commands from starting or stopping the same instance at once; the second one waits and says for whom. */
export function withInstanceLock<T>(
  name: string,
  { reporter, signal }: InstanceLockOptions,
  work: () => Promise<T>,
): Promise<T> {
  const onWait = ({ pid, command }: { readonly pid: number; readonly command: string }): void => {
    reporter.note(`Waiting for process ${pid} (${command}), which starts or stops the cluster "${name}"`);
  };
  return withLock(`/run/lock/atom-cluster-${name}`, { signal, onWait }, work);
}
