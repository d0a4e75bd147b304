import { toolNames, type ToolName } from "../../platform/toolchain/tools.ts";
import { workflowTools } from "../../platform/toolchain/workflow-tools.ts";

/** A group of test files that share a process. */
export interface Group {
  readonly about: string;
  /** Globs of test files, from the project's root. */
  readonly files: readonly string[];
  /** What its tests look for on the machine, and bring where it is not. */
  readonly tools: readonly ToolName[];
  /** The time after which the group's process is ended, in minutes. */
  readonly minutes: number;
  /** How long to look for the tests that a failed one depends on; 0 where each start of the group takes minutes. */
  readonly searchMinutes: number;
}

const checkers = Object.keys(workflowTools) as readonly (keyof typeof workflowTools)[];

/** What each kind of test needs decides its group: nothing, a control plane, or the whole embedded cluster. */
export const groups = {
  fast: {
    about: "pure parts, components under mocks, golden files, the service on a real PostgreSQL and Redis",
    files: [
      "test/*.test.ts",
      "test/{infra,stacks,components,policies,delivery,service,sdks,platform,workflows,gates,bench,support}/**/*.test.ts",
      "test/golden/*.test.ts",
    ],
    tools: ["alertmanager", "pint", "postgresql", "prometheus", "pulumi", "redis", ...checkers],
    minutes: 40,
    searchMinutes: 5,
  },
  contract: {
    about: "the providers' contracts: the real Pulumi engine against a real API server, and a Slack that is played",
    files: ["test/contract/**/*.test.ts"],
    tools: ["etcd", "istio-crds", "kubernetes", "prometheus", "prometheus-operator-crds", "pulumi"],
    minutes: 35,
    searchMinutes: 5,
  },
  cluster: {
    about: "end to end on the embedded cluster: real kubelet, Istio, Envoy and Prometheus",
    files: ["test/cluster/*.test.ts", "test/cluster/release/{healthy,metrics,notified,replicas}.test.ts"],
    tools: toolNames,
    minutes: 50,
    searchMinutes: 0,
  },
  drills: {
    about: "every fault, kill, race and command of a release on the embedded cluster",
    files: ["test/cluster/release/{commands,faults,in-cluster,killed,races}.test.ts"],
    tools: toolNames,
    minutes: 75,
    searchMinutes: 0,
  },
} as const satisfies Record<string, Group>;

export type GroupName = keyof typeof groups;
export const groupNames = Object.keys(groups) as readonly GroupName[];
/** What runs where no group is named. The drills take half an hour by themselves. */
export const usualGroups: readonly GroupName[] = ["fast", "contract", "cluster"];
