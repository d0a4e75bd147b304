import { readFile } from "node:fs/promises";

/**
 * `starting`: it was begun and is not ready for the first time; `running`; `waiting`: it ended and will be started again;
 * `done`: a task that has been completed; `failed`: a task that gave up; `stopped`.
 */
export type ComponentPhase = "pending" | "starting" | "running" | "waiting" | "done" | "failed" | "stopped";

export interface ComponentState {
  readonly phase: ComponentPhase;
  /** Inside the instance's PID namespace. */
  readonly pid?: number;
  readonly restarts: number;
  /** Why it ended the last time. */
  readonly message?: string;
  /** From the supervisor's start to the component's first readiness, in milliseconds. */
  readonly readyAfterMs?: number;
}

/** What the supervisor tells the outside, as JSON in the instance's folder. */
export interface ClusterState {
  readonly phase: "starting" | "ready" | "failed" | "stopping";
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  /** Why the phase is `failed`. */
  readonly message?: string;
  readonly components: Readonly<Record<string, ComponentState>>;
}

/** Reads an instance's state file; undefined where there is none yet. */
export async function readState(file: string): Promise<ClusterState | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as ClusterState;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** The file name of a component's log. */
export function logName(component: string): string {
  return `${component.replaceAll(/[^A-Za-z0-9.-]+/g, "-")}.log`;
}
