import type { Instance } from "../instance.ts";
import type { Link } from "../addresses.ts";
import type { PartOnRequest } from "../on-request.ts";

/** Whom a process runs as. */
export interface User {
  readonly uid: number;
  readonly gid: number;
}

export interface Command {
  readonly kind: "command";
  /** Absolute path. */
  readonly command: string;
  readonly args: readonly string[];
  /** Added to PATH and the instance's marker; nothing else is inherited. */
  readonly env?: Readonly<Record<string, string>>;
  /** @default root */
  readonly user?: User;
  /** Written to its standard input. @default none */
  readonly input?: string;
}

/** Applies the objects of files to the API server: YAML of several documents, or folders of such files. */
export interface Apply {
  readonly kind: "apply";
  readonly paths: readonly string[];
  /** Names of objects in them that are left out. @default none */
  readonly except?: readonly string[];
}

/** Waits for a check and does nothing. */
export interface Wait {
  readonly kind: "wait";
  readonly check: ReadyCheck;
}

/** How a component shows that others may rely on it. */
export type ReadyCheck =
  | { readonly kind: "http"; readonly url: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number }
  | { readonly kind: "socket"; readonly path: string }
  /** A GET of the API server with the administrator's certificate. */
  | { readonly kind: "api"; readonly path: string }
  | { readonly kind: "node"; readonly node: string };

interface Base {
  readonly name: string;
  /** Components that must be ready before this one starts; at the end they stop after it. */
  readonly after: readonly string[];
  /** Longest time from its start to its readiness. */
  readonly deadlineSeconds: number;
}

/** A process that is kept running: when it ends, it is started again. */
export interface Service extends Base {
  readonly kind: "service";
  readonly command: Command;
  readonly ready: ReadyCheck;
  /** Asks it to end. @default SIGTERM */
  readonly stopSignal?: NodeJS.Signals;
}

/** Something that is done once, before the cluster is ready. */
export interface Task extends Base {
  readonly kind: "task";
  readonly work: Command | Apply | Wait;
}

export type Component = Service | Task;

/** A file or folder that is shown at a second place inside the instance, for users who may not enter the first one. */
export interface Bind {
  readonly source: string;
  readonly target: string;
}

/** What one area of the cluster consists of. */
export interface Part {
  readonly components: readonly Component[];
  /** Content of configuration files, by their path below the instance's folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** Folders to be made below the instance's folder, with their owner. */
  readonly folders?: readonly { readonly path: string; readonly owner: User }[];
  readonly binds?: readonly Bind[];
}

/** All that the parts depend on: they are pure functions of it. */
export interface Layout {
  readonly instance: Instance;
  readonly link: Link;
  /** Paths of executables, of folders of them, and of files; a Toolchain is one. */
  readonly tools: {
    path(executable: string): string;
    directory(name: string): string;
    file(name: string): string;
  };
  /** PATH of every component. */
  readonly searchPath: string;
  readonly images: {
    readonly pause: string;
    readonly prometheus: string;
    readonly alertmanager: string;
    readonly configReloader: string;
    /** Every archive to import, with the image that it holds. */
    readonly archives: readonly { readonly reference: string; readonly archive: string }[];
  };
  readonly users: {
    readonly postgresql: User;
    readonly nobody: User;
  };
  readonly scrapeIntervalSeconds: number;
  readonly parts: readonly PartOnRequest[];
  readonly cgroupVersion: 1 | 2;
}
