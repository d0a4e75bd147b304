import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { checkContext, requiredResources } from "../../../platform/cluster/context.ts";
import { ClusterError } from "../../../platform/cluster/errors.ts";
import { kubeconfigOf } from "../../../platform/cluster/kubeconfig.ts";
import { discoveryOf, FakeApiServer } from "./fake-api-server.ts";

const required: readonly string[] = Object.values(requiredResources).flat();

describe("A cluster that a user names by its context", () => {
  let folder: string;
  let kubeconfig: string;
  let served: readonly string[];
  let server: FakeApiServer;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-context-"));
    kubeconfig = path.join(folder, "kubeconfig");
    served = required;
    server = await FakeApiServer.start(() => ({ status: 200, body: discoveryOf(served) }));
    await writeConfig(server.url);
  });

  afterEach(async () => {
    await server[Symbol.asyncDispose]();
    await rm(folder, { recursive: true });
  });

  async function writeConfig(url: string): Promise<void> {
    const { authority, clients } = server.certificates;
    await writeFile(kubeconfig, kubeconfigOf({ context: "mine", server: url, authority, client: clients.admin }));
  }

  async function refusal(context = "mine"): Promise<string> {
    try {
      await checkContext(context, { kubeconfig });
    } catch (error) {
      assert.ok(error instanceof ClusterError);
      return error.message;
    }
    return assert.fail("it was accepted");
  }

  it("is accepted when it serves what stacks declare, and is only read", async () => {
    await checkContext("mine", { kubeconfig });
    assert.deepEqual([...new Set(server.requests.map(({ method }) => method))], ["GET"]);
  });

  it("is refused with all that is missing at once", async () => {
    served = required.filter((name) => !name.startsWith("virtualservices") && !name.startsWith("prometheusrules"));
    const message = await refusal();
    assert.match(message, /virtualservices\.networking\.istio\.io of Istio/);
    assert.match(message, /prometheusrules\.monitoring\.coreos\.com of the Prometheus operator/);
    assert.doesNotMatch(message, /destinationrules/);
    assert.match(message, /nothing is installed into your cluster/);
  });

  it("is refused with the names that there are when there is none of that name", async () => {
    assert.match(await refusal("other"), /no context "other": the kubeconfig has mine/);
  });

  it("is refused with its address when it does not answer", async () => {
    await writeConfig("https://127.0.0.1:1");
    assert.match(
      await refusal(),
      /does not answer: https:\/\/127\.0\.0\.1:1: .*ECONNREFUSED.*\n.*kubectl --context mine/,
    );
  });
});
