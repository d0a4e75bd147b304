import type { Resource } from "./resource.ts";

interface Named {
  /** In previews and in docs/policies.md. */
  readonly name: string;
  /** What no stack may do, a sentence. */
  readonly description: string;
}

/** Looks at one resource at a time, before the engine makes or changes it. */
export interface ResourceRule extends Named {
  /** A sentence for each violation: what is wrong, and what to do. None for a resource that the rule is not about. */
  readonly violations: (resource: Resource) => readonly string[];
}

/** A violation of a rule about a whole stack. */
export interface StackViolation {
  /** What is wrong, and what to do. */
  readonly message: string;
  /** What it is about. @default the stack as a whole */
  readonly resource?: Resource;
}

/** Looks at all resources of a stack together, once a preview or an update knows them. */
export interface StackRule extends Named {
  readonly stackViolations: (resources: readonly Resource[]) => readonly StackViolation[];
}

export type Rule = ResourceRule | StackRule;
