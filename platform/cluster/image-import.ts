import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { importArguments } from "./components/node.ts";
import { ClusterError } from "./errors.ts";
import { instanceOf, type Instance } from "./instance.ts";
import { readSpec, writeSpec, type InstanceSpec } from "./spec.ts";
import type { ClusterImage } from "./cluster.ts";

/** Longest time for one image, in milliseconds. */
const importMs = 120_000;

/** Gives a running cluster images that it does not have yet. Throws a ClusterError when there is no such cluster. */
export async function importImages(name: string, images: readonly ClusterImage[]): Promise<void> {
  const instance = instanceOf(name);
  const spec = await readSpec(instance.files.spec);
  if (spec === undefined)
    throw new ClusterError({
      what: `no image can be imported into the cluster "${name}"`,
      why: "there is no such cluster",
      wayOut: "start it first (npm start)",
    });
  await importNewImages(instance, spec, images);
}

/** Imports the images whose archive is not among those of the instance: an archive's name changes with its content. */
export async function importNewImages(
  instance: Instance,
  spec: InstanceSpec,
  images: readonly ClusterImage[],
): Promise<void> {
  const archives = images.map(({ archive }) => archive).filter((archive) => !spec.archives.includes(archive));
  if (archives.length === 0) return;
  // The socket lies in the instance's folder, which is the same in its mount namespace and here.
  for (const archive of archives)
    await promisify(execFile)(spec.ctr, importArguments(instance.files.containerdSocket, archive), {
      timeout: importMs,
    });
  await writeSpec(instance.files.spec, { ...spec, archives: [...spec.archives, ...archives] });
}
