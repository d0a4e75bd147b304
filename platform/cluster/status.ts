import { readFileSync } from "node:fs";
import { readdir } from "node:fs/promises";
import path from "node:path";
import { linkOf, ports } from "./addresses.ts";
import { ApiClient } from "./api-client.ts";
import { clusterOf } from "./endpoints.ts";
import { clustersFolder, defaultClusterName, instanceOf, type Instance } from "./instance.ts";
import { nodeIsReady } from "./node-ready.ts";
import { checkUser } from "./preflight.ts";
import { initProcess, instanceProcesses, type InstanceProcess } from "./processes.ts";
import { remainsOf } from "./remains.ts";
import { readSpec, type InstanceSpec } from "./spec.ts";
import { logName, readState, type ClusterState } from "./state.ts";
import type { ClusterStatus, ComponentStatus } from "./cluster.ts";

/** Reads the state of an instance; changes nothing. Throws a `ClusterError` when this user cannot see it. */
export async function clusterStatus(name: string = defaultClusterName): Promise<ClusterStatus> {
  const instance = instanceOf(name);
  checkUser();
  const processes = instanceProcesses(name);
  const [spec, state] = await Promise.all([readSpec(instance.files.spec), readState(instance.files.state)]);
  if (initProcess(processes) === undefined || spec === undefined) {
    const remains = remainsOf(instance).map(({ kind, what }) => `${kind} ${what}`);
    return { name, phase: remains.length === 0 ? "absent" : "crashed", nodeReady: false, components: [], remains };
  }
  return {
    name,
    phase: state?.phase ?? "starting",
    cluster: clusterOf(spec),
    ageSeconds: state === undefined ? 0 : Math.round((Date.now() - state.startedAt) / 1_000),
    nodeReady: await isNodeReady(instance, spec),
    components: state === undefined ? [] : componentStatuses(instance, state, processes),
    remains: [],
  };
}

/** Names of the instances that have a folder on this machine, running or crashed. */
export async function clusterNames(): Promise<readonly string[]> {
  try {
    return (await readdir(clustersFolder)).sort();
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return [];
    throw error;
  }
}

function componentStatuses(
  instance: Instance,
  state: ClusterState,
  processes: readonly InstanceProcess[],
): ComponentStatus[] {
  return Object.entries(state.components).map(([name, { phase, pid: insidePid, restarts, message }]) => {
    const pid = processes.find((one) => one.insidePid === insidePid)?.pid;
    return {
      name,
      phase,
      ...(insidePid === undefined || pid === undefined ? {} : { pid }),
      restarts,
      log: path.join(instance.files.logs, logName(name)),
      ...(message === undefined ? {} : { message }),
    };
  });
}

async function isNodeReady(instance: Instance, spec: InstanceSpec): Promise<boolean> {
  const read = (name: string): string => readFileSync(path.join(instance.files.pki, name), "utf8");
  try {
    using client = new ApiClient({
      server: `https://${linkOf(spec.linkIndex).address}:${ports.apiServer}`,
      tls: { ca: read("authority.crt"), cert: read("admin.crt"), key: read("admin.key") },
    });
    return await nodeIsReady(client, instance.nodeName);
  } catch {
    return false;
  }
}
