import assert from "node:assert/strict";
import { ForbiddenError, UnreachableError } from "../../../delivery/cluster/errors.ts";
import { deployments, jobs } from "../../../delivery/cluster/resources.ts";
import { startReleaser, type StartedJob } from "../../../delivery/in-cluster/start.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import { complete, failed, job, jobName, namespace } from "./objects.ts";

const { signal } = new AbortController();
const inCluster = { image: "registry.test/atom-delivery:1" };

describe("starting a releaser in the cluster", () => {
  let cluster: MemoryCluster;

  beforeEach(() => {
    cluster = new MemoryCluster();
    cluster.stored = (_, object) => ({ ...object, metadata: { uid: "uid-9", ...object.metadata } });
  });

  function start(plan = releasePlan({ inCluster })): Promise<StartedJob> {
    return startReleaser({ cluster: cluster.client(), plan, request: { by: "anna" }, candidate: "green", signal });
  }

  it("makes a Job under a name of its own, with the plan's image and the deployer's account", async () => {
    const started = await start();
    assert.match(started.name, /^atom-release-[a-z0-9]{6}$/);
    assert.deepEqual({ ...started, name: "" }, { namespace, name: "", uid: "uid-9" });
    const { spec } = cluster.peek(jobs, started) as { spec?: { template: { spec: Record<string, unknown> } } };
    assert.equal(spec?.template.spec.serviceAccountName, "atom-deployer");
    assert.equal((spec.template.spec.containers as { image: string }[])[0]?.image, inCluster.image);
  });

  it("takes another image for this one Job where one is named", async () => {
    const image = "registry.test/atom-delivery@sha256:0";
    const plan = releasePlan({ inCluster });
    const started = await startReleaser({
      ...{ cluster: cluster.client(), plan, request: { by: "anna" }, candidate: "green", image, signal },
    });
    const { spec } = cluster.peek(jobs, started) as { spec?: { template: { spec: Record<string, unknown> } } };
    assert.equal((spec?.template.spec.containers as { image: string }[])[0]?.image, image);
  });

  it("has the smoke test log in with the password in the candidate's own Secret", async () => {
    const env = async (
      plan = releasePlan({ inCluster, smoke: { steps: [{ name: "live", method: "GET", path: "/" }] } }),
    ) => {
      const started = await start(plan);
      const { spec } = cluster.peek(jobs, started) as { spec?: { template: { spec: Record<string, unknown> } } };
      cluster.put(jobs, { ...cluster.peek(jobs, started), status: { conditions: [complete] } });
      const [container] = spec?.template.spec.containers as { env: { name: string; valueFrom?: unknown }[] }[];
      return container?.env.find(({ name }) => name === "SMOKE_TEST_PASSWORD")?.valueFrom;
    };
    assert.equal(await env(), undefined, "there is no candidate");
    for (const secret of ["atom-secrets-0123456789ab", "atom-secrets"]) {
      const variable = { name: "TOKEN", valueFrom: { secretKeyRef: { name: secret, key: "tokenSecret" } } };
      const template = { spec: { containers: [{ name: "atom", env: [variable] }] } };
      cluster.put(deployments, { metadata: { namespace, name: "atom-green" }, spec: { template } });
      assert.deepEqual(await env(), { secretKeyRef: { name: secret, key: "smokeTestPassword" } });
    }
  });

  it("refuses while another one releases the service, and names it", async () => {
    cluster.put(jobs, job([{ type: "SuccessCriteriaMet", status: "True" }]));
    await assert.rejects(start(), {
      name: "ReleaserRunningError",
      job: jobName,
      message:
        "The Job atom-release-x1y2z3 releases atom already.\nFollow it: atom status --watch. Take its release back: atom abort.",
    });
    assert.deepEqual(cluster.writes, []);
  });

  it("is not kept from it by Jobs that are over, or of other services", async () => {
    const of = (name: string, labels = {}): object => ({
      name,
      namespace,
      labels: { ...job().metadata.labels, ...labels },
    });
    cluster.put(jobs, { ...job([complete]), metadata: { ...job().metadata, ...of("a") } });
    cluster.put(jobs, { ...job([failed("PodFailurePolicy")]), metadata: { ...job().metadata, ...of("b") } });
    const other = { "app.kubernetes.io/name": "other-releaser", "app.kubernetes.io/part-of": "other" };
    cluster.put(jobs, { ...job(), metadata: { ...job().metadata, ...of("c", other) } });
    assert.match((await start()).name, /^atom-release-/);
  });

  it("refuses where nothing says which image the releaser has", async () => {
    await assert.rejects(start(releasePlan()), { name: "InClusterNotSetUpError" });
  });

  for (const verb of ["list", "create"] as const)
    it(`says what is needed of credentials that may not ${verb} Jobs`, async () => {
      cluster.before = (call) => {
        if (call.verb === verb) throw new ForbiddenError({ verb, target: "jobs", status: 403 }, "403: not for ben");
      };
      await assert.rejects(start(), {
        name: "ReleaserForbiddenError",
        message: new RegExp(`^The Job cannot be created with these credentials: ${verb} jobs: 403: not for ben\n`),
      });
    });

  it("knows a Job whose creation was not answered for its own", async () => {
    cluster.after = (call) => {
      if (call.verb === "create") throw new UnreachableError({ verb: "create", target: "jobs" }, "no answer");
    };
    const { name } = await start();
    assert.equal(cluster.peek(jobs, { namespace, name }).metadata.name, name);
  });

  it("says so when the creation did not get through", async () => {
    cluster.before = (call) => {
      if (call.verb === "create") throw new UnreachableError({ verb: "create", target: "jobs" }, "no answer");
    };
    await assert.rejects(start(), { name: "UnreachableError", message: "create jobs: no answer" });
  });
});
