import { parseUrn } from "./kubernetes-object.ts";

/** Stacks that matter to users: theirs is the official plugin. Also `production-eu` and the like. */
const PROTECTED_STACK = /^(staging|production|prod)([-._].*)?$/i;

export class ProtectedStackError extends Error {
  override readonly name = "ProtectedStackError";
  readonly stackName: string;

  constructor(stackName: string) {
    super(
      `this is Atom's stand-in for the Kubernetes provider plugin, for local environments and tests only; it refuses the stack "${stackName}". ` +
        "Install the official plugin (pulumi plugin install resource kubernetes) and take the stand-in off PATH and out of PULUMI_DEBUG_PROVIDERS.",
    );
    this.stackName = stackName;
  }
}

/** Throws a {@link ProtectedStackError} for a resource of a stack that the stand-in must not touch. */
export function refuseProtectedStack(urn: string): void {
  const { stack } = parseUrn(urn);
  if (PROTECTED_STACK.test(stack)) throw new ProtectedStackError(stack);
}
