import assert from "node:assert/strict";
import { initialLedger, type Ledger } from "../../components/ledger/ledger.ts";
import { parseReleasePlan } from "../../components/release-plan/parse-plan.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { collect, type CollectedResource, type CollectOptions } from "../../infra/collect.ts";
import type { RawConfig } from "../../infra/config/parse.ts";
import type { Outputs } from "../../infra/outputs.ts";
import { buildHttpRoutes } from "../../components/routes/http-routes.ts";
import type { LiveHttp } from "../../components/routes/plan.ts";
import type { LiveMigration } from "../../components/migration/plan.ts";
import type { LiveSecrets } from "../../components/secret/plan.ts";
import type { LiveService } from "../../components/service/live-service.ts";
import { SecretContent, VersionKey } from "../../components/secret/secret-content.ts";
import { secretAnnotations } from "../../components/workload/secret-version.ts";
import type { LiveRelease } from "../../components/slots/live-release.ts";
import { liveRelease, liveSlot, pastRelease, quarantined, releaseUnderWay } from "../components/slots/live.ts";
import { committed, withValues } from "../infra/config/stacks.ts";
import "../infra/pulumi-globals.ts";

interface Found {
  readonly outputs: Outputs;
  /** The one resource of this kind and name. */
  readonly resource: (kind: string, name: string) => CollectedResource;
  /** Names of the resources of this kind. */
  readonly names: (kind: string) => string[];
}

/** A pod template that reads this Secret. */
const readsSecret = (name: string, keys: Readonly<Record<string, string>>) => ({
  metadata: { labels: { "atom.dev/template": "old" }, annotations: secretAnnotations({ name, keys }) },
  spec: { containers: [{ name: "atom" }] },
});

const liveSecrets = (...names: string[]): LiveSecrets => ({
  key: new VersionKey("key"),
  versions: names.map((name) => ({
    ...{ name, immutable: true, made: "once" },
    content: SecretContent.of({ tokenSecret: "the old one" }),
  })),
});

const migrated: LiveMigration = { digest: "old", uid: "uid-1", attempt: undefined, failed: false };

async function declare(
  changes: Readonly<Record<string, unknown>> = {},
  release?: LiveRelease,
  migration: LiveMigration | undefined = release && migrated,
  ports: CollectOptions["ports"] = {},
  { secrets, releasePlan }: Partial<Pick<LiveService, "secrets" | "releasePlan">> = {},
): Promise<Found> {
  const raw: RawConfig = withValues(await committed("staging"), changes);
  const live = { atom: { release, migration, secrets, releasePlan } };
  const { resources, outputs } = await collect({ stack: "staging", raw, live, ports });
  const ofKind = (kind: string) =>
    resources.filter(({ type }) => type.endsWith(`:${kind}`) && type.startsWith("kubernetes:"));
  return {
    outputs: outputs as Outputs,
    resource(kind, name) {
      const found = ofKind(kind).filter((resource) => resource.name === name);
      assert.equal(found.length, 1, `${kind} ${name}`);
      return found[0]!;
    },
    names: (kind) => ofKind(kind).map(({ name }) => name),
  };
}

/** A value inside a resource's properties: `spec.template.spec`. */
function at(resource: CollectedResource, path: string): unknown {
  return path.split(".").reduce<unknown>((value, key) => (value as Record<string, unknown>)[key], resource.inputs);
}

const digestOf = (resource: CollectedResource) =>
  (at(resource, "spec.template.metadata.labels") as Record<string, string>)["atom.dev/template"];

/** The routes of the stack staging as they are, with so much on blue. */
function stagingRoutes(blue: number): LiveHttp {
  const retries = { attempts: 2, perTryTimeout: 10_000, on: ["connect-failure", "refused-stream"] };
  const settings = { service: "atom", port: 8000, timeout: 30_000, retries };
  return { http: buildHttpRoutes(settings, { active: "green", candidateWeight: blue }) };
}

describe("an environment on its first run", () => {
  it("brings the first version up in blue with all of the traffic, and green without pods", async () => {
    const { resource, outputs } = await declare();
    const [blue, green] = [resource("Deployment", "atom-blue"), resource("Deployment", "atom-green")];
    assert.deepEqual([at(blue, "spec.replicas"), at(green, "spec.replicas")], [2, 0]);
    assert.equal(digestOf(blue), digestOf(green));
    assert.deepEqual([blue.ignoreChanges, green.ignoreChanges], [[], []]);
    const http = at(resource("VirtualService", "atom-route"), "spec.http") as { route: { weight?: number }[] }[];
    assert.deepEqual(
      http[0]?.route.map(({ weight }) => weight),
      [100, 0],
    );
    assert.deepEqual(outputs.services.atom?.active, "blue");
    assert.deepEqual(outputs.notes, []);
  });

  it("makes the route last, so that a first run that failed can be tried again", async () => {
    const { resource } = await declare();
    assert.equal(resource("VirtualService", "atom-route").parent, "atom:routes:Istio atom");
  });

  it("migrates in a Job that is named by the template", async () => {
    const { resource, outputs } = await declare();
    const job = resource("Job", "atom-migration");
    assert.equal(at(job, "metadata.name"), `atom-migrate-${outputs.services.atom?.desired ?? ""}`);
    assert.deepEqual(job.ignoreChanges, []);
    assert.deepEqual(Object.keys(at(job, "spec.template.metadata") as object), ["labels"]);
  });

  it("migrates in another Job after one that failed", async () => {
    const digest = (await declare()).outputs.services.atom?.desired ?? "";
    const failed = { digest, uid: "uid-7", attempt: undefined, failed: true };
    const { resource } = await declare({}, undefined, failed);
    const annotations = at(resource("Job", "atom-migration"), "spec.template.metadata.annotations");
    assert.deepEqual(annotations, { "atom.dev/attempt": "uid-7" });
  });
});

describe("an environment with a version that serves", () => {
  it("stages a changed template in the idle slot, with its migrations, and leaves the active slot as it is", async () => {
    const { resource, outputs } = await declare({}, liveRelease());
    const { desired } = outputs.services.atom ?? { desired: "" };
    assert.equal(digestOf(resource("Deployment", "atom-green")), desired);
    assert.deepEqual(resource("Deployment", "atom-green").ignoreChanges, []);
    assert.deepEqual(resource("Deployment", "atom-blue").ignoreChanges, ["spec.template", "spec.replicas"]);
    assert.deepEqual(at(resource("Deployment", "atom-blue"), "spec.template"), liveSlot("old").template);
    assert.equal(at(resource("Job", "atom-migration"), "metadata.name"), `atom-migrate-${desired}`);
    assert.deepEqual(outputs.services.atom?.staged, { slot: "green", digest: desired });
    assert.equal(outputs.notes.length, 1);
  });

  it("never states the weights, the selector or the ledger again", async () => {
    const { resource } = await declare({}, liveRelease());
    assert.deepEqual(resource("VirtualService", "atom-route").ignoreChanges, ["spec.http"]);
    assert.deepEqual(resource("ConfigMap", "atom-ledger").ignoreChanges, ["data"]);
  });

  it("declares weights and ledger as they are, so that an up without its state moves nothing", async () => {
    const ledger = { ...initialLedger("atom", "green"), quarantine: [quarantined("bad")] };
    const weights = { blue: 25, green: 75 };
    const { resource } = await declare({}, liveRelease({ ledger, weights, routes: stagingRoutes(25) }));
    const http = at(resource("VirtualService", "atom-route"), "spec.http") as { route: { weight?: number }[] }[];
    assert.deepEqual(
      http[0]?.route.map(({ weight }) => weight),
      [25, 75],
    );
    const data = at(resource("ConfigMap", "atom-ledger"), "data") as Record<string, string>;
    assert.deepEqual(JSON.parse(data["ledger.json"] ?? ""), ledger);
  });

  it("writes the routes where the file says something else of them, with the weights as they are, and says so", async () => {
    const live = (current: Ledger["current"]) => liveRelease({ ledger: { current }, routes: stagingRoutes(0) });
    const changes = { "services.atom.routes.timeout": "40s" };
    const { resource, outputs } = await declare(changes, {
      ...live(null),
      routes: { ...stagingRoutes(100), applied: 1 },
    });
    const route = resource("VirtualService", "atom-route");
    assert.deepEqual(route.ignoreChanges, []);
    assert.deepEqual(at(route, "metadata.annotations"), { "atom.dev/applied": "2", "pulumi.com/patchForce": "true" });
    assert.match(outputs.notes.join("\n"), /the routes get routes\.timeout "40s" in place of "30s"/);
    const held = await declare(changes, live(releaseUnderWay));
    assert.deepEqual(held.resource("VirtualService", "atom-route").ignoreChanges, ["spec.http"]);
    assert.match(
      held.outputs.notes.join("\n"),
      /the routes get routes\.timeout "40s" in place of "30s", once release r-7 has ended/,
    );
  });

  it("has one Service for callers inside the cluster, which selects the slot that serves alone", async () => {
    const first = (await declare()).resource("Service", "atom");
    assert.deepEqual(at(first, "spec.selector"), { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" });
    assert.deepEqual(first.ignoreChanges, ["spec.selector"]);
    const old = { ...stagingRoutes(0), own: { selector: { "app.kubernetes.io/name": "atom" } } };
    const { resource, outputs } = await declare({}, liveRelease({ ledger: { active: "green" }, routes: old }));
    const turned = resource("Service", "atom");
    assert.deepEqual(at(turned, "spec.selector"), { "app.kubernetes.io/name": "atom", "atom.dev/slot": "green" });
    assert.deepEqual(turned.ignoreChanges, []);
    assert.match(outputs.notes.join("\n"), /the Service atom selects green alone, which serves/);
  });

  const frozen = {
    "a release is under way": { current: releaseUnderWay },
    "the template is quarantined": (digest: string) => ({ quarantine: [quarantined(digest)] }),
  };
  for (const [when, ledger] of Object.entries(frozen)) {
    it(`freezes both slots and the migration when ${when}`, async () => {
      const digest = (await declare()).outputs.services.atom?.desired ?? "";
      const live = liveRelease({ ledger: typeof ledger === "function" ? ledger(digest) : ledger });
      const { resource, outputs } = await declare({}, live);
      for (const slot of ["atom-blue", "atom-green"])
        assert.deepEqual(resource("Deployment", slot).ignoreChanges, ["spec.template", "spec.replicas"]);
      const job = resource("Job", "atom-migration");
      assert.deepEqual(job.ignoreChanges, ["metadata", "spec"]);
      assert.equal(at(job, "metadata.name"), "atom-migrate-old");
      assert.equal(outputs.services.atom?.staged, null);
      const isReleasing = live.ledger.current !== null;
      assert.equal(outputs.notes.length, isReleasing ? 2 : 1);
      const waits = `atom: the stack's file asks for template ${digest}, which neither slot has; it is not staged before release r-7 has ended.`;
      assert.equal(outputs.notes.includes(waits), isReleasing);
    });
  }

  it("declares no migration that failed when nothing is staged, so that a change can be taken back", async () => {
    const digest = (await declare()).outputs.services.atom?.desired ?? "";
    const release = liveRelease({ slots: { blue: liveSlot(digest), green: liveSlot("old", 0) } });
    const { names } = await declare({}, release, { ...migrated, failed: true });
    assert.deepEqual(names("Job"), []);
  });

  it("stages a version for another content of its Secret, and keeps the Secret that the serving pods read", async () => {
    const serving = { ...liveSlot("old"), template: readsSecret("atom-secrets-0123456789ab", { tokenSecret: "1" }) };
    const release = liveRelease({ slots: { blue: serving, green: undefined } });
    const found = await declare(
      {},
      release,
      migrated,
      {},
      { secrets: liveSecrets("atom-secrets-0123456789ab", "atom-secrets-unused") },
    );
    const versions = found.names("Secret").filter((name) => name.startsWith("atom-secrets-"));
    assert.deepEqual(versions.length, 2);
    assert.ok(versions.includes("atom-secrets-0123456789ab"));
    assert.equal(at(found.resource("Secret", "atom-secrets-0123456789ab"), "data.tokenSecret"), "[secret]");
    const [made = ""] = versions.filter((name) => name !== "atom-secrets-0123456789ab");
    const { resource } = found;
    assert.deepEqual(at(resource("Deployment", "atom-blue"), "spec.template"), serving.template);
    for (const reads of [resource("Deployment", "atom-green"), resource("Job", "atom-migration")])
      assert.match(JSON.stringify(at(reads, "spec.template")), new RegExp(`"name":"${made}"`));
    assert.match(
      found.outputs.notes.join("\n"),
      /databaseUrl, redisUrl, smokeTestPassword, tokenSecret differ from what blue serves with/,
    );
  });

  it("has its Secrets immutable, each under its own name, made after the key of their names", async () => {
    const { resource, names } = await declare();
    const secrets = names("Secret").filter((name) => name.startsWith("atom-"));
    const [version = ""] = secrets.filter((name) => name.startsWith("atom-secrets-"));
    assert.deepEqual(
      [version, "atom-version-key"].every((name) => at(resource("Secret", name), "immutable")),
      true,
    );
    assert.ok(resource("Secret", version).dependsOn.includes("kubernetes:core/v1:Secret atom-version-key"));
    assert.equal(at(resource("Secret", version), "metadata.name"), version);
  });

  it("fails before it declares anything when the Deployment that serves is gone, and what it ran is not kept", async () => {
    const releases = [{ ...pastRelease, outcome: "released" as const, slot: "blue" as const }];
    const live = liveRelease({ ledger: { releases }, slots: { blue: undefined, green: liveSlot("new") } });
    await assert.rejects(declare({}, live), /atom-blue does not exist/);
  });
});

describe("the release plan of an environment", () => {
  const textOf = ({ resource }: Found): string =>
    (at(resource("ConfigMap", "atom-release-plan"), "data") as Record<string, string>)["plan.json"] ?? "";
  const planOf = (found: Found): ReleasePlan => parseReleasePlan(textOf(found), "in a test");

  it("says how the configuration has its service released, and where", async () => {
    const plan = planOf(await declare());
    assert.deepEqual(
      [plan.environment, plan.namespace, plan.service, plan.image, plan.entry],
      [
        "staging",
        "atom-staging",
        "atom",
        "registry.example.com/atom:0.1.0",
        { url: "https://atom-staging.example.com" },
      ],
    );
    assert.deepEqual(plan.prometheus, {
      url: "http://prometheus.monitoring:9090",
      auth: { kind: "none" },
      timeout: 10_000,
      scrapeInterval: 15_000,
    });
    assert.equal(plan.smoke.steps.length, 7);
  });

  it("is stated anew by every up, but during a release, which a changed plan would end", async () => {
    const changes = { "release.thresholds.errorRate.max": "2%" };
    const changed = await declare(changes, liveRelease());
    assert.deepEqual(changed.resource("ConfigMap", "atom-release-plan").ignoreChanges, []);
    assert.equal(planOf(changed).thresholds.errorRate.max, 0.02);
    const held = await declare(changes, liveRelease({ ledger: { current: releaseUnderWay } }));
    assert.deepEqual(held.resource("ConfigMap", "atom-release-plan").ignoreChanges, ["data"]);
    assert.match(held.outputs.notes.join("\n"), /r-7 is under way.* So is its release plan\. Run this again/);
    /** @param before of the run that published the release plan */
    const heldNotes = async (before: Found) => {
      // A release may go by a shorter plan, as one of a hotfix does.
      const shorter = JSON.parse(JSON.stringify({ ...planOf(before), steps: [] })) as typeof releaseUnderWay.plan;
      const current = { ...releaseUnderWay, plan: shorter };
      const live = liveRelease({ ledger: { current } });
      const { outputs } = await declare(changes, live, migrated, {}, { releasePlan: textOf(before) });
      return outputs.notes.filter((note) => note.includes("goes on by the release plan"));
    };
    assert.deepEqual(await heldNotes(changed), []);
    assert.deepEqual(await heldNotes(await declare({}, liveRelease())), [
      "atom: release r-7 goes on by the release plan that it began with. The stack's file has another one (thresholds), which is written by a run after it has ended.",
    ]);
  });

  it("names the variables with the credentials for Prometheus, and never their values", async () => {
    const plan = planOf(await declare({ "monitoring.prometheusAuth": { kind: "basic", privateAuthority: true } }));
    assert.deepEqual(plan.prometheus?.auth, {
      kind: "basic",
      usernameVariable: "PROMETHEUS_USERNAME",
      passwordVariable: "PROMETHEUS_PASSWORD",
    });
    assert.equal(plan.prometheus.caFileVariable, "PROMETHEUS_CA_FILE");
  });

  it("does without Prometheus where none is named", async () => {
    assert.equal(planOf(await declare({ "monitoring.prometheusUrl": undefined })).prometheus, null);
  });
});

describe("the image of an environment's service", () => {
  const configured = "registry.example.com/atom:0.1.0";
  const released = "registry.example.com/atom:0.2.0";
  const digestOfImage = async (image: string): Promise<string> =>
    (await declare({ "services.atom.image": image })).outputs.services.atom?.desired ?? "";
  const planned = ({ resource }: Found): string => {
    const { "plan.json": text = "" } = at(resource("ConfigMap", "atom-release-plan"), "data") as Record<string, string>;
    return parseReleasePlan(text, "in a test").image;
  };

  it("is that of a release which put one in place of the configured image, so that up does not take it back", async () => {
    const digest = await digestOfImage(released);
    const releases = [{ ...pastRelease, outcome: "released" as const, image: released, insteadOf: configured }];
    const slots = { blue: liveSlot("old", 0), green: liveSlot(digest) };
    const live = liveRelease({ ledger: { active: "green", releases }, slots });
    const found = await declare({}, live);
    assert.deepEqual([found.outputs.services.atom?.image, found.outputs.services.atom?.staged], [released, null]);
    assert.match(found.outputs.notes.join("\n"), /0\.2\.0 of release r-6 stands in for the configured .*0\.1\.0/);
    assert.equal(planned(found), configured, "the releaser is told what the stack's file names");
    // Another image in the stack's file counts again.
    const next = await declare({ "services.atom.image": "registry.example.com/atom:0.3.0" }, live);
    assert.equal(next.outputs.services.atom?.staged?.digest, await digestOfImage("registry.example.com/atom:0.3.0"));
  });

  it("is the one that this run was asked for, in the candidate and its migrations", async () => {
    const { resource, outputs } = await declare({}, liveRelease(), migrated, { images: { atom: released } });
    const image = (found: CollectedResource) =>
      (at(found, "spec.template.spec.containers") as { image: string }[])[0]?.image;
    assert.deepEqual(
      [image(resource("Deployment", "atom-green")), image(resource("Job", "atom-migration"))],
      [released, released],
    );
    assert.equal(outputs.services.atom?.staged?.digest, await digestOfImage(released));
  });
});

describe("an environment by its configuration", () => {
  it("has autoscalers when asked for, and starts a slot with the fewest replicas", async () => {
    assert.deepEqual((await declare()).names("HorizontalPodAutoscaler"), []);
    const autoscaling = { maxReplicas: 4, cpuUtilization: 70 };
    const { resource, names } = await declare({ "services.atom.autoscaling": autoscaling });
    assert.deepEqual(names("HorizontalPodAutoscaler"), ["atom-blue", "atom-green"]);
    const autoscaler = resource("HorizontalPodAutoscaler", "atom-green");
    assert.deepEqual([at(autoscaler, "spec.minReplicas"), at(autoscaler, "spec.maxReplicas")], [2, 4]);
    assert.equal(at(resource("Deployment", "atom-blue"), "spec.replicas"), 2);
  });

  const replicas = {
    "services.atom.routes": { router: "replicas", clientNamespaces: ["web"] },
    "release.steps": [
      { weight: 50, wait: "5m" },
      { weight: 100, wait: "5m" },
    ],
  };

  it("routes by replicas where there is no mesh: a Service that selects the active slot, and one for each slot", async () => {
    const { resource, names, outputs } = await declare(replicas);
    assert.deepEqual(names("Service"), ["atom", "atom-blue", "atom-green"]);
    assert.deepEqual(names("VirtualService"), []);
    const service = resource("Service", "atom");
    assert.deepEqual(at(service, "spec.selector"), { "app.kubernetes.io/name": "atom", "atom.dev/slot": "blue" });
    assert.deepEqual(service.ignoreChanges, ["spec.selector"]);
    assert.deepEqual(outputs.services.atom?.hosts, []);
  });

  it("has every pod scraped once, with either router", async () => {
    for (const [changes, scraped] of [
      [{}, ["atom-blue", "atom-green"]],
      [replicas, ["atom-blue", "atom-green"]],
    ] as const) {
      const { resource, names } = await declare(changes);
      const labels = at(resource("ServiceMonitor", "atom"), "spec.selector.matchLabels") as Record<string, string>;
      const found = names("Service").filter((name) => {
        const own = at(resource("Service", name), "metadata.labels") as Record<string, string>;
        return Object.entries(labels).every(([key, value]) => own[key] === value);
      });
      assert.deepEqual(found, scraped);
    }
  });

  it("keeps the selector that the releaser set with the replica router", async () => {
    const live = liveRelease({ weights: { blue: 50, green: 50 } });
    const { resource } = await declare(replicas, live);
    assert.deepEqual(at(resource("Service", "atom"), "spec.selector"), { "app.kubernetes.io/name": "atom" });
  });

  it("speaks plain HTTP at a gateway without a TLS secret", async () => {
    const { resource } = await declare({ "services.atom.routes.gateway.tlsSecret": undefined });
    assert.deepEqual(at(resource("Gateway", "atom-gateway"), "spec.servers"), [
      { hosts: ["atom-staging.example.com"], port: { number: 443, name: "http", protocol: "HTTP" } },
    ]);
  });

  it("talks to the cluster of its context, with the kubeconfig that it names", async () => {
    const raw = withValues(await committed("staging"), { "cluster.kubeconfig": "/etc/atom/kubeconfig" });
    const { resources } = await collect({ stack: "staging", raw });
    const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    const { context, kubeconfig, enableServerSideApply } = provider?.inputs ?? {};
    assert.deepEqual(
      { context, kubeconfig, enableServerSideApply },
      { context: "atom-staging", kubeconfig: "/etc/atom/kubeconfig", enableServerSideApply: "true" },
    );
  });

  it("is at the addresses of an instance, where there are several like it", async () => {
    const raw = await committed("staging");
    const ports = {
      instance: {
        context: "atom-second",
        kubeconfig: "/etc/atom/second",
        entryUrl: "http://10.213.1.2:8080",
        prometheusUrl: "http://10.213.1.2:9090",
      },
    };
    const { resources } = await collect({ stack: "staging", raw, ports });
    const provider = resources.find(({ type }) => type === "pulumi:providers:kubernetes");
    assert.deepEqual(
      [provider?.inputs.context, provider?.inputs.kubeconfig],
      [ports.instance.context, ports.instance.kubeconfig],
    );
    const { data } = resources.find(({ name }) => name === "atom-release-plan")?.inputs ?? {};
    const plan = parseReleasePlan((data as Record<string, string>)["plan.json"] ?? "", "in a test");
    assert.deepEqual(plan.entry, { url: ports.instance.entryUrl, host: "atom-staging.example.com" });
    assert.equal(plan.prometheus?.url, ports.instance.prometheusUrl);
  });

  it("is set up for releases from within the cluster only when asked to be", async () => {
    const found = await declare({ "release.inCluster": { image: "registry.example.com/atom-delivery:0.1.0" } });
    const resources = ({ resource }: Found) =>
      (at(resource("Role", "atom-deployer"), "rules") as { resources: string[] }[]).flatMap((rule) => rule.resources);
    assert.deepEqual(
      found.names("NetworkPolicy").filter((name) => name.endsWith("-releaser")),
      ["atom-releaser"],
    );
    assert.ok(resources(found).includes("jobs"));
    const without = await declare({ "release.inCluster": undefined });
    assert.ok(!without.names("NetworkPolicy").includes("atom-releaser"));
    assert.ok(!resources(without).includes("jobs"));
  });

  it("is refused with every problem when it is wrong, and nothing is declared", async () => {
    await assert.rejects(
      declare({ environment: "prod", "release.soak": "soon" }),
      (error: unknown) => error instanceof Error && error.message.startsWith("2 problems in the configuration"),
    );
  });

  it("is refused where a section is no object", async () => {
    await assert.rejects(declare({ release: "fast" }), /atom:release: "fast"; /);
  });
});
