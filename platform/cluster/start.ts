import { mkdir } from "node:fs/promises";
import path from "node:path";
import { planOf } from "./components/table.ts";
import { createCgroup } from "./cgroups.ts";
import { clusterOf, type Cluster } from "./endpoints.ts";
import { createLink } from "./host-link.ts";
import { importNewImages } from "./image-import.ts";
import { withInstanceLock } from "./instance-lock.ts";
import { defaultClusterName, instanceOf, type Instance } from "./instance.ts";
import { ClusterError } from "./errors.ts";
import { writeInstanceFiles } from "./instance-files.ts";
import { launchSupervisor } from "./launch.ts";
import { layoutOf } from "./layout.ts";
import { preflight } from "./preflight.ts";
import { initProcess, instanceProcesses } from "./processes.ts";
import { remainsOf } from "./remains.ts";
import { readSpec, writeSpec, type InstanceSpec } from "./spec.ts";
import { readState } from "./state.ts";
import { removeInstance } from "./stop.ts";
import { untilClusterReady } from "./until-ready.ts";
import type { StartClusterOptions } from "./cluster.ts";
import type { PartOnRequest } from "./on-request.ts";

/** Warm, on two cores. */
const estimateSeconds = 25;

/**
 * Starts an embedded cluster and resolves when a stack can be brought up in it: API server and node are ready, Istio's and
 * the operator's CRDs are served, istiod, Envoy, the operator, Prometheus and the data services run.
 * A running instance of that name is used as it is, with the images that it lacks; one that crashed is removed first; a
 * start that is under way in another process is waited for.
 * Throws a `ClusterError`: the machine cannot (see preflight.ts), a component does not come up (with the end of its log), or a running
 * instance has not all parts that it is asked for.
 */
export async function startCluster(options: StartClusterOptions): Promise<Cluster> {
  const { name = defaultClusterName, reporter, signal } = options;
  const instance = instanceOf(name);
  await preflight();
  return withInstanceLock(name, { reporter, signal }, async () => {
    const spec = await runningInstance(instance);
    if (spec !== undefined) {
      checkParts(spec, options.parts ?? []);
      reporter.note(`The cluster "${name}" is running already and is used as it is`);
      await untilClusterReady(instance, () => undefined, signal);
      await importNewImages(instance, spec, options.images);
      return clusterOf(spec);
    }
    if (remainsOf(instance).length > 0)
      await reporter.task(`Removing what an earlier cluster "${name}" left`, {}, () => removeInstance(instance));
    return reporter.task(`Starting the cluster "${name}"`, { estimateSeconds }, async (update) => {
      try {
        return await createInstance(instance, options, update);
      } catch (error) {
        await removeInstance(instance);
        throw error;
      }
    });
  });
}

function checkParts({ name, plan }: InstanceSpec, parts: readonly PartOnRequest[]): void {
  const missing = parts.filter((part) => plan.components.every((component) => component.name !== part));
  if (missing.length === 0) return;
  throw new ClusterError({
    what: `the cluster "${name}" has no ${missing.join(" and no ")}`,
    why: "it is running already, and was started without",
    wayOut: `stop it first: npm stop -- --name ${name}`,
  });
}

/** The spec of an instance that runs or comes up; undefined where there is none, or it is about to end. */
async function runningInstance(instance: Instance): Promise<InstanceSpec | undefined> {
  if (initProcess(instanceProcesses(instance.name)) === undefined) return undefined;
  const state = await readState(instance.files.state);
  return state?.phase === "ready" || state?.phase === "starting" ? readSpec(instance.files.spec) : undefined;
}

async function createInstance(
  instance: Instance,
  options: StartClusterOptions,
  update: (text: string) => void,
): Promise<Cluster> {
  await mkdir(path.dirname(instance.folder), { recursive: true });
  await mkdir(instance.folder, { mode: 0o700 });
  await mkdir(instance.files.logs);
  createCgroup(instance.cgroup);
  const link = await createLink(instance.name);
  const layout = layoutOf(instance, link, options);
  const plan = planOf(layout);
  const spec: InstanceSpec = {
    name: instance.name,
    linkIndex: link.index,
    searchPath: layout.searchPath,
    iptables: options.toolchain.path("iptables"),
    ctr: options.toolchain.path("ctr"),
    archives: options.images.map(({ archive }) => archive),
    plan,
  };
  const prepared = Promise.all([writeInstanceFiles(layout, plan), writeSpec(instance.files.spec, spec)]);
  await launchSupervisor(instance, {
    link,
    tini: options.toolchain.path("tini"),
    searchPath: layout.searchPath,
    prepared,
  });
  await untilClusterReady(instance, update, options.signal);
  return clusterOf(spec);
}
