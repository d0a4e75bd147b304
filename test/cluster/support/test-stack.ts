import { ClusterStack, type Setting } from "../../support/cluster-stack.ts";
import { sharedCluster } from "../../support/cluster.ts";

export { atom, type Outcome, type Setting } from "../../support/cluster-stack.ts";

/** A stack of a test's own in the cluster that the tests of this process share. */
export class TestStack extends ClusterStack {
  /** Makes the project's folder and configuration; nothing in the cluster yet. */
  static async create(name: string, ...settings: Setting[]): Promise<TestStack> {
    return ClusterStack.within(await sharedCluster(), name, ...settings);
  }
}
