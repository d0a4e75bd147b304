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

const project = "atom";

/**
 * Finds out what a command is about. Throws a {@link TargetError} that says what is missing.
 *
 * @param folder with the stacks' files
 */
export async function findTarget(options: TargetOptions, folder: string): Promise<Target> {
  const { stack, namespace, context, kubeconfig } = options;
  if (stack === undefined && namespace === undefined)
    throw new TargetError(
      `Which environment? Name its stack with --stack (${await listed(folder)}), or its namespace with --namespace.`,
    );
  const file = stack === undefined ? undefined : await readStackFile(folder, stack);
  if (stack !== undefined && file === undefined && context === undefined)
    throw new TargetError(
      `There is no Pulumi.${stack}.yaml in this folder (${await listed(folder)}).\n` +
        "Go to the project's folder, or say where the environment is: --context NAME [--kubeconfig FILE].",
    );
  const service = serviceOf(options, file);
  return {
    stack,
    namespace: namespace ?? namespaceName(project, stack ?? ""),
    service,
    source: { context: context ?? file?.context, kubeconfig: kubeconfig ?? file?.kubeconfig },
  };
}

function serviceOf({ service, stack }: TargetOptions, file: StackFile | undefined): string {
  const known = file?.services ?? [];
  if (service !== undefined) {
    if (file !== undefined && !known.includes(service))
      throw new TargetError(
        `The stack ${stack ?? ""} has no service "${service}" (it has: ${known.join(", ") || "none"}).`,
      );
    return service;
  }
  const [only, ...more] = known;
  if (only !== undefined && more.length === 0) return only;
  throw new TargetError(`Which service? Name it with --service${known.length === 0 ? "" : ` (${known.join(", ")})`}.`);
}

async function listed(folder: string): Promise<string> {
  const stacks = await stacksIn(folder);
  return stacks.length === 0 ? "there are no stacks here" : `stacks here: ${stacks.join(", ")}`;
}
