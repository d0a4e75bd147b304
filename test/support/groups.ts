import { toolsOnRequest } from "../../platform/cluster/cluster.ts";
import { toolNames, type ToolName } from "../../platform/toolchain/tools.ts";
import { workflowTools } from "../../platform/toolchain/workflow-tools.ts";
import type { TestGroup } from "../gates/whole-run.ts";

/** A group of test files that share a process, beside those of the other groups. */
export interface Group extends TestGroup {
  /** What its tests look for on the machine, and bring where it is not. */
  readonly tools: readonly ToolName[];
}

const checkers = Object.keys(workflowTools) as readonly (keyof typeof workflowTools)[];

/** What the cluster of one group alone runs, and what takes minutes to build. */
const onRequest: readonly ToolName[] = Object.values(toolsOnRequest).flat();
const ofEveryCluster = toolNames.filter((name) => !onRequest.includes(name));

/**
 * What each kind of test needs decides its group: nothing, a control plane, or the whole embedded cluster. A group with shorter waits yields
 * to one with longer ones: it fills their gaps, and does not delay what they wait for.
 */
export const groups = {
  fast: {
    about: "pure parts, components under mocks, golden files, the service on a real PostgreSQL and Redis",
    files: [
      "test/*.test.ts",
      "test/{infra,stacks,components,policies,delivery,service,sdks,platform,workflows,gates,bench,support,docs}/**/*.test.ts",
      "test/golden/*.test.ts",
    ],
    tools: ["alertmanager", "pint", "postgresql", "prometheus", "pulumi", "redis", ...checkers],
    runs: "always",
    minutes: 45,
    searchMinutes: 5,
    niceness: 0,
    first: true,
    processes: 2,
    measured: true,
  },
  contract: {
    about: "the providers' contracts: the real Pulumi engine against a real API server, and a Slack that is played",
    files: ["test/contract/*.test.ts"],
    tools: ["etcd", "istio-crds", "kubernetes", "prometheus", "prometheus-operator-crds", "pulumi"],
    runs: "always",
    minutes: 55,
    searchMinutes: 5,
    niceness: 3,
  },
  cluster: {
    about: "end to end on the embedded cluster: real kubelet, Istio, Envoy and Prometheus",
    files: ["test/cluster/*.test.ts", "test/cluster/release/{healthy,metrics,notified,replicas}.test.ts"],
    tools: ofEveryCluster,
    runs: "always",
    minutes: 60,
    searchMinutes: 0,
    niceness: 0,
  },
  drills: {
    about: "every fault, kill, race and command of a release on the embedded cluster",
    files: ["test/cluster/release/{commands,faults,in-a-row,in-cluster,killed,races}.test.ts"],
    tools: ofEveryCluster,
    runs: "nightly",
    minutes: 75,
    searchMinutes: 0,
    niceness: 0,
  },
  world: {
    about:
      "what users, nodes, autoscalers and broken answers do to a release on the embedded cluster; what updates make of a cluster that has moved on, or of a kill",
    files: ["test/cluster/release/{answers,autoscaled,emergency,hands}.test.ts", "test/contract/drills/*.test.ts"],
    tools: toolNames,
    runs: "nightly",
    minutes: 75,
    searchMinutes: 0,
    niceness: 0,
  },
} as const satisfies Record<string, Group>;

export type GroupName = keyof typeof groups;
export const groupNames = Object.keys(groups) as readonly GroupName[];
