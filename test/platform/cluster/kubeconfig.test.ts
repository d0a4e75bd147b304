import assert from "node:assert/strict";
import { KubeConfig } from "@kubernetes/client-node";
import { kubeconfigOf } from "../../../platform/cluster/kubeconfig.ts";

describe("A kubeconfig of the embedded cluster", () => {
  it("is read by Kubernetes's own client, with its one context chosen", () => {
    const config = new KubeConfig();
    config.loadFromString(
      kubeconfigOf({
        context: "atom-a",
        server: "https://10.213.0.2:6443",
        authority: "AUTHORITY",
        client: { certificate: "CERTIFICATE", key: "KEY" },
      }),
    );
    assert.equal(config.getCurrentContext(), "atom-a");
    assert.equal(config.getCurrentCluster()?.server, "https://10.213.0.2:6443");
    assert.equal(decoded(config.getCurrentCluster()?.caData), "AUTHORITY");
    assert.equal(decoded(config.getCurrentUser()?.certData), "CERTIFICATE");
    assert.equal(decoded(config.getCurrentUser()?.keyData), "KEY");
  });
});

function decoded(base64: string | undefined): string {
  return Buffer.from(base64 ?? "", "base64").toString();
}
