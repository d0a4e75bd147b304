import { UnreachableError } from "../cluster/errors.ts";
import type { GuardTask } from "./guard-task.ts";
import type { JudgedWatch } from "./judged-watch.ts";
import { messageOf, persist } from "./persist.ts";
import type { ReleasePorts, StepMeasurement } from "./ports.ts";
import type { Reason } from "./state.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import type { Subject } from "./subject.ts";

/** What an action works with. */
export interface Workplace {
  readonly subject: Subject;
  readonly ports: ReleasePorts;
  readonly guard: GuardTask;
  readonly judged: JudgedWatch;
  /** Fires when the phase is over or the release must stop. */
  readonly signal: AbortSignal;
  /** The last measurement of each step that was judged in this run. */
  readonly measured: StepMeasurement[];
  /** Tells of something that does not end the phase. */
  readonly tell: (event: ReleaseEvent) => void;
}

/** Looks at pods and weights are this far apart, in milliseconds. */
export const lookEvery = 250;

export function failed(reason: Reason, detail: string): ReleaseEvent {
  return { type: "failed", reason, detail };
}

/** What cannot be reached may come back; what is refused will be refused again. */
export function tryUntil<T>(
  { ports, signal }: Workplace,
  patience: number,
  work: () => Promise<T>,
  retry: (error: unknown) => boolean = (error) => error instanceof UnreachableError,
): Promise<T> {
  return persist(work, { clock: ports.clock, signal, patience, retry, onTrouble: trouble(ports) });
}

/** For what there is no alternative to. */
export function tryForEver<T>(
  { ports, signal }: Workplace,
  work: () => Promise<T>,
  retry: (error: unknown) => boolean = () => true,
): Promise<T> {
  return persist(work, { clock: ports.clock, signal, retry, onTrouble: trouble(ports) });
}

function trouble({ notifier }: ReleasePorts): (error: unknown) => void {
  return (error) => {
    notifier.trouble(messageOf(error));
  };
}
