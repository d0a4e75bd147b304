// What a preview, an update or a refresh does to a stack, as data.

/** A property's value. Secrets are {@link secretText}, what only the change itself will tell is {@link unknownText}. */
export type Json = string | number | boolean | null | readonly Json[] | { readonly [key: string]: Json };

/** Stands where the engine knows a secret. */
export const secretText = "[secret]";
/** Stands where a value is not known before the change is made. */
export const unknownText = "[known after the change]";

/** What becomes of a resource. `read`: it is looked up, and belongs to somebody else. `import`: it is there and is taken over. */
export type Operation = "create" | "update" | "replace" | "delete" | "import" | "read" | "same";

/** One property that differs. */
export interface Difference {
  /** In Pulumi's notation: `spec.replicas`, `metadata.labels["atom.dev/slot"]`. */
  readonly path: string;
  readonly kind: "add" | "update" | "delete";
  /** Absent where there was none. */
  readonly before?: Json;
  /** Absent where there will be none. */
  readonly after?: Json;
  /** Whether a secret is part of it: then both values may read the same, and still differ. */
  readonly secret: boolean;
  /** Whether the resource is replaced because of it. */
  readonly replaces: boolean;
}

/** A resource is not as the state has it. */
export interface Drift {
  /** Whether it is not there any more. */
  readonly gone: boolean;
  /** From what the state has to what there is; empty where it is gone. */
  readonly differences: readonly Difference[];
}

/** One resource that a provider manages, and what becomes of it. */
export interface ResourceChange {
  readonly urn: string;
  /** As in `kubernetes:apps/v1:Deployment`. */
  readonly type: string;
  readonly name: string;
  /** Names of the components that it is part of, the outermost first; empty for what is part of the stack itself. */
  readonly component: readonly string[];
  readonly operation: Operation;
  /** Sorted by path. Of a resource that is new: all it is made of. Of one that goes: none. */
  readonly differences: readonly Difference[];
  /** How a refresh before the change found it other than the state has it. @default as the state has it, or nobody looked */
  readonly drift?: Drift;
  /** Whether Pulumi refuses to delete it. */
  readonly protected: boolean;
  /** Whether it goes from the state alone, and stays where it is. */
  readonly retained: boolean;
}

export interface Diagnostic {
  /** `output`: what the program printed. */
  readonly severity: "info" | "output" | "warning" | "error";
  readonly message: string;
  /** Of the resource that it is about. @default the stack as a whole */
  readonly urn?: string;
}

/** A resource, or the stack, does not keep to a policy. */
export interface PolicyFinding {
  readonly policy: string;
  readonly pack: string;
  /** A mandatory one makes the operation fail. */
  readonly level: "advisory" | "mandatory";
  readonly message: string;
  /** @default the stack as a whole */
  readonly urn?: string;
}

/** What an operation of the engine did to a stack, or would do. */
export interface StackChanges {
  /** Name of the stack; undefined where the engine did not get as far as its first resource. */
  readonly stack: string | undefined;
  /** Resources in the order of the engine's steps; components are none. */
  readonly resources: readonly ResourceChange[];
  readonly diagnostics: readonly Diagnostic[];
  readonly findings: readonly PolicyFinding[];
  /** Outputs of the stack; empty where the program did not come to its end. */
  readonly outputs: Readonly<Record<string, Json>>;
  /** Seconds, rounded up; undefined where the engine did not come to its end. */
  readonly durationSeconds: number | undefined;
  readonly outcome: "succeeded" | "failed";
}
