import { access, constants, realpath } from "node:fs/promises";
import path from "node:path";

/** The name by which the engine looks for the host of dynamic providers, such as that of @pulumi/slack. */
const launcher = "pulumi-resource-pulumi-nodejs";

const ours = path.join(import.meta.dirname, "..", "dynamic-provider", "bin");

/**
 * Folders to put on the engine's PATH, so that it finds the host of dynamic providers: none where it is beside the CLI, as in the official
 * download, else ours, for a CLI that was built from its Go module.
 *
 * @param pulumi path of the Pulumi CLI
 */
export async function dynamicProviderFolders(pulumi: string): Promise<readonly string[]> {
  const beside = path.join(path.dirname(await realpath(pulumi)), launcher);
  const isThere = await access(beside, constants.X_OK).then(
    () => true,
    () => false,
  );
  return isThere ? [] : [ours];
}
