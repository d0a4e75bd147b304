import assert from "node:assert/strict";
import type { KubernetesObject } from "../../../delivery/cluster/api.ts";
import { ForbiddenError } from "../../../delivery/cluster/errors.ts";
import { discover } from "../../../delivery/target/discover.ts";
import type { PartialTarget } from "../../../delivery/target/target.ts";

const source = { context: undefined, kubeconfig: undefined };
const open: PartialTarget = { stack: undefined, namespace: undefined, service: undefined, source, stacksHere: [] };
const place = { context: "kind", namespace: undefined };

function configMap(namespace: string, name: string, service: string): KubernetesObject {
  return { metadata: { namespace, name, labels: { "app.kubernetes.io/name": service } } };
}

function plan(namespace: string, service: string): KubernetesObject {
  return configMap(namespace, `${service}-release-plan`, service);
}

/** A cluster with these ConfigMaps, and what it was asked for. */
function clusterOf(objects: readonly KubernetesObject[], forbidden: readonly (string | undefined)[] = []) {
  const asked: (string | undefined)[] = [];
  return {
    asked,
    listMetadata: (_resource: unknown, { namespace }: { readonly namespace: string | undefined }) => {
      asked.push(namespace);
      if (forbidden.includes(namespace))
        return Promise.reject(new ForbiddenError({ verb: "list", target: "configmaps", status: 403 }, "403: no"));
      return Promise.resolve(
        objects.filter(({ metadata }) => (namespace ?? metadata.namespace) === metadata.namespace),
      );
    },
  };
}

describe("an environment that the command line does not name", () => {
  const world = [
    plan("atom-production", "atom"),
    // Other ConfigMaps with the same label.
    configMap("atom-production", "atom-ledger", "atom"),
    configMap("other", "settings", "web"),
  ];

  it("is the only one that the cluster has a release plan of", async () => {
    const cluster = clusterOf(world);
    assert.deepEqual(await discover(open, place, cluster), {
      stack: undefined,
      namespace: "atom-production",
      service: "atom",
      source,
    });
    assert.deepEqual(cluster.asked, [undefined]);
  });

  it("is that of the context's namespace, where it has one", async () => {
    const cluster = clusterOf([...world, plan("atom-staging", "atom")]);
    const { namespace } = await discover(open, { ...place, namespace: "atom-staging" }, cluster);
    assert.equal(namespace, "atom-staging");
    assert.deepEqual(cluster.asked, ["atom-staging"]);
    const elsewhere = clusterOf(world);
    assert.equal((await discover(open, { ...place, namespace: "default" }, elsewhere)).namespace, "atom-production");
    assert.deepEqual(elsewhere.asked, ["default", undefined]);
  });

  it("is asked for no more than is missing", async () => {
    const cluster = clusterOf([...world, plan("atom-staging", "atom")], [undefined]);
    const named = { ...open, stack: "staging", namespace: "atom-staging" };
    assert.deepEqual(await discover(named, place, cluster), {
      stack: "staging",
      namespace: "atom-staging",
      service: "atom",
      source,
    });
    const whole = { ...named, service: "atom" };
    assert.equal((await discover(whole, place, clusterOf([], ["atom-staging", undefined]))).service, "atom");
  });

  const two = [...world, plan("atom-production", "web"), plan("atom-staging", "atom")];
  const refusals: readonly (readonly [
    what: string,
    cluster: ReturnType<typeof clusterOf>,
    target: PartialTarget,
    told: string,
  ])[] = [
    [
      "there are several",
      clusterOf(two),
      open,
      'Which environment? The cluster of the context "kind" has 3 that can be released:\n' +
        "  --namespace atom-production --service atom\n  --namespace atom-production --service web\n" +
        "  --namespace atom-staging --service atom\nName one of them so, or its stack with --stack.",
    ],
    [
      "its namespace has several services",
      clusterOf(two),
      { ...open, namespace: "atom-production" },
      "Which service? Name it with --service (atom, web).",
    ],
    [
      "there is none",
      clusterOf([]),
      open,
      'The cluster of the context "kind" has no release plan.\n' +
        "Name another namespace with --namespace, or another cluster with --context and --kubeconfig.",
    ],
    [
      "the stack's namespace has none",
      clusterOf(world),
      { ...open, stack: "prod", namespace: "atom-prod", stacksHere: ["production"] },
      'The cluster of the context "kind" has no release plan in the namespace atom-prod.\n' +
        "Name another environment with --stack (stacks of this folder: production), or another cluster with --context and --kubeconfig.",
    ],
    [
      "its user may not look everywhere",
      clusterOf(world, [undefined]),
      open,
      'The user of the context "kind" may not look for release plans in all namespaces.\n' +
        "Name the namespace with --namespace, and the service with --service.",
    ],
    [
      "its user may not look in the namespace",
      clusterOf(world, ["n"]),
      { ...open, namespace: "n" },
      'The user of the context "kind" may not look for release plans in n.\nName the service with --service.',
    ],
  ];
  for (const [what, cluster, target, message] of refusals)
    it(`is not guessed, but asked for: ${what}`, async () => {
      await assert.rejects(discover(target, place, cluster), { name: "TargetError", message });
    });
});
