import { namespaceName } from "../../components/names/names.ts";
import type { ConnectionSource } from "../cluster/connection.ts";
import { TargetError } from "./errors.ts";
import { readStackFile, stacksIn, type StackFile } from "./stack-file.ts";

/** What people say of it on the command line. */
export interface TargetOptions {
  readonly stack?: string | undefined;
  readonly namespace?: string | undefined;
  readonly service?: string | undefined;
  readonly context?: string | undefined;
  readonly kubeconfig?: string | undefined;
}

/** Which service, in which environment, in which cluster. */
export interface Target {
  /** As in `Pulumi.<stack>.yaml`; absent where a namespace was named, as within the cluster. */
  readonly stack: string | undefined;
  readonly namespace: string;
  readonly service: string;
  readonly source: ConnectionSource;
}

/** What the command line and the stack's file say of it; the cluster knows the rest (see `discover`). */
export interface PartialTarget extends Omit<Target, "namespace" | "service"> {
  readonly namespace: string | undefined;
  readonly service: string | undefined;
  /** Names of the stacks that have a file in the folder. */
  readonly stacksHere: readonly string[];
}

const project = "atom";

/**
 * Finds out what a command is about, as far as that is known without the cluster. A stack needs no file: its environment is found by its
 * name in the cluster of the kubeconfig. Throws a {@link TargetError} that says what is missing.
 *
 * @param folder with the stacks' files
 */
export async function findTarget(options: TargetOptions, folder: string): Promise<PartialTarget> {
  const { stack, namespace, context, kubeconfig } = options;
  const stacksHere = await stacksIn(folder);
  const isElsewhere = context !== undefined || kubeconfig !== undefined;
  if (stack === undefined && namespace === undefined && stacksHere.length > 0 && !isElsewhere)
    throw new TargetError(
      `Which environment? Name its stack with --stack (stacks here: ${stacksHere.join(", ")}), or its namespace with --namespace.`,
    );
  const file = stack === undefined ? undefined : await readStackFile(folder, stack);
  return {
    stack,
    namespace: namespace ?? (stack === undefined ? undefined : namespaceName(project, stack)),
    service: serviceOf(options, file),
    source: { context: context ?? file?.context, kubeconfig: kubeconfig ?? file?.kubeconfig },
    stacksHere,
  };
}

/** Where a stack's services are, all of them. Throws as {@link readStackFile} does. */
export async function placeOfStack(stack: string, folder: string): Promise<Pick<Target, "namespace" | "source">> {
  const { context, kubeconfig } = (await readStackFile(folder, stack)) ?? {};
  return { namespace: namespaceName(project, stack), source: { context, kubeconfig } };
}

function serviceOf({ service, stack }: TargetOptions, file: StackFile | undefined): string | undefined {
  if (file === undefined) return service;
  const known = file.services;
  if (service !== undefined) {
    if (!known.includes(service))
      throw new TargetError(
        `The stack ${stack ?? ""} has no service "${service}" (it has: ${known.join(", ") || "none"}).`,
      );
    return service;
  }
  const [only, ...more] = known;
  if (only !== undefined && more.length === 0) return only;
  throw new TargetError(`Which service? Name it with --service${known.length === 0 ? "" : ` (${known.join(", ")})`}.`);
}
