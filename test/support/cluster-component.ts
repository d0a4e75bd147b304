import { clusterStatus, type Cluster } from "../../platform/cluster/cluster.ts";
import { eventually } from "./eventually.ts";

/** One of the processes that an embedded cluster is made of. */
export interface RunningComponent {
  readonly pid: number;
  /** How often the supervisor has started it anew. */
  readonly restarts: number;
}

/** A component of an embedded cluster, once it runs. @param after the restarts that it must have had more of */
export async function component({ name }: Pick<Cluster, "name">, part: string, after = -1): Promise<RunningComponent> {
  return eventually(`${part} runs${after < 0 ? "" : " anew"}`, async () => {
    const { components } = await clusterStatus(name);
    const found = components.find((each) => each.name === part);
    if (found?.pid === undefined || found.restarts <= after) return undefined;
    return { pid: found.pid, restarts: found.restarts };
  });
}
