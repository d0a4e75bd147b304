import path from "node:path";
import { ClusterError } from "./errors.ts";

/** The instance that the commands use where no other name is given. */
export const defaultClusterName = "local";

/** Where the instances of this machine keep their folders. */
export const clustersFolder = "/var/lib/atom/clusters";

/** The variable in the environment of an instance's first processes, by which they are found again. */
export const markerVariable = "ATOM_CLUSTER";

/** One embedded cluster on this machine: its names and where it keeps its files. */
export interface Instance {
  readonly name: string;
  readonly folder: string;
  readonly context: string;
  readonly nodeName: string;
  /** Path of its cgroup in every hierarchy, from the hierarchy's root. */
  readonly cgroup: string;
  readonly files: {
    readonly kubeconfig: string;
    readonly spec: string;
    readonly state: string;
    readonly logs: string;
    readonly pki: string;
    readonly supervisorLog: string;
    readonly containerdSocket: string;
  };
}

/** The instance of a name. Throws a ClusterError when the name is not one. */
export function instanceOf(name: string): Instance {
  if (!/^[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?$/.test(name))
    throw new ClusterError({
      what: `"${name}" is no name for a cluster`,
      why: "it names a folder, a node and a kube context: lower-case letters, digits and inner hyphens, at most 32",
      wayOut: 'choose another, such as "local"',
    });
  const folder = path.join(clustersFolder, name);
  return {
    name,
    folder,
    context: `atom-${name}`,
    nodeName: `atom-${name}`,
    cgroup: `/atom-${name}`,
    files: {
      kubeconfig: path.join(folder, "kubeconfig"),
      spec: path.join(folder, "spec.json"),
      state: path.join(folder, "state.json"),
      logs: path.join(folder, "logs"),
      pki: path.join(folder, "pki"),
      supervisorLog: path.join(folder, "logs", "supervisor.log"),
      containerdSocket: path.join(folder, "containerd.sock"),
    },
  };
}
