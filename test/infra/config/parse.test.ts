import assert from "node:assert/strict";
import { ConfigError } from "../../../infra/config/error.ts";
import { parseStackConfig, type RawConfig } from "../../../infra/config/parse.ts";
import { committed, withValues } from "./stacks.ts";

interface BadConfig {
  readonly what: string;
  /** @default "production" */
  readonly stack?: string;
  readonly changes: Readonly<Record<string, unknown>>;
  /** Key, value and what is allowed, of every problem that must be told. */
  readonly problems: readonly (readonly [key: string, value: unknown, allowed: RegExp])[];
}

const undefinedService = {
  image: "molecule:1",
  replicas: 2,
  resources: { requests: { cpu: "1m", memory: "1Mi" }, limits: { memory: "1Mi" } },
  routes: { router: "replicas", clientNamespaces: [] },
};

const step = (weight: number) => ({ weight, wait: "5m" });

const table: readonly BadConfig[] = [
  {
    what: "an environment that does not exist",
    changes: { environment: "prod" },
    problems: [["atom:environment", "prod", /^allowed: staging, production, local$/]],
  },
  {
    what: "the environment of another stack",
    changes: { environment: "local" },
    problems: [["atom:environment", "local", /^allowed in the stack production: production$/]],
  },
  {
    what: "an unknown key",
    changes: { "services.atom.replica": 3 },
    problems: [["atom:services.atom.replica", 3, /^unknown key; allowed: image, imagePullPolicy, replicas, /]],
  },
  {
    what: "an unknown section",
    changes: { pager: {} },
    problems: [["atom:pager", "(not shown)", /^unknown key; allowed: environment, cluster, .*databaseUrl, /]],
  },
  {
    what: "a Grafana at no address, and a suffix that its uids have no room for",
    changes: { grafana: { url: "grafana", suffix: "x".repeat(16) } },
    problems: [
      ["atom:grafana.url", "grafana", /^allowed: a URL such as https:\/\/grafana\.example\.com$/],
      ["atom:grafana.suffix", "x".repeat(16), /^allowed: up to 15 lower-case letters, digits and hyphens/],
    ],
  },
  {
    what: "a missing section",
    changes: { cluster: undefined },
    problems: [["atom:cluster", undefined, /^required: object$/]],
  },
  {
    what: "a missing value",
    changes: { "services.atom.replicas": undefined },
    problems: [["atom:services.atom.replicas", undefined, /^required: a whole number from 1 to 100$/]],
  },
  {
    what: "text where a section is meant",
    changes: { release: "fast" },
    problems: [["atom:release", "fast", /expected object/]],
  },
  {
    what: "an image without a tag",
    changes: { "services.atom.image": "registry.example.com/atom" },
    problems: [
      ["atom:services.atom.image", "registry.example.com/atom", /^allowed: an image with a fixed tag or a digest/],
    ],
  },
  {
    what: "the image latest",
    changes: { "services.atom.image": "registry.example.com/atom:latest" },
    problems: [["atom:services.atom.image", "registry.example.com/atom:latest", /^allowed: an image with a fixed tag/]],
  },
  {
    what: "replicas that are no whole number",
    changes: { "services.atom.replicas": 2.5 },
    problems: [["atom:services.atom.replicas", 2.5, /^allowed: a whole number from 1 to 100$/]],
  },
  {
    what: "a single replica in production",
    changes: { "services.atom.replicas": 1 },
    problems: [["atom:services.atom.replicas", 1, /^allowed in production: at least 2$/]],
  },
  {
    what: "a service that nobody defined",
    changes: {
      services: {},
      "services.molecule": undefinedService,
    },
    problems: [["atom:services.molecule", "molecule", /^allowed: atom \(a new service is defined in stacks\/\)$/]],
  },
  {
    what: "services that are named as what belongs to another service is",
    changes: Object.fromEntries(
      ["atom-green", "shop-blue", "atom-migrate", "atom-releaser"].map((name) => [
        `services.${name}`,
        undefinedService,
      ]),
    ),
    problems: [
      ["atom:services.atom-green", "atom-green", /^it ends as the name of a slot does; allowed: .* -blue or -green$/],
      ["atom:services.shop-blue", "shop-blue", /^it ends as the name of a slot does/],
      ["atom:services.atom-migrate", "atom-migrate", /^it is the name of what belongs to atom; allowed: a name/],
      ["atom:services.atom-releaser", "atom-releaser", /^it is the name of what belongs to atom/],
      ...["atom-green", "shop-blue", "atom-migrate", "atom-releaser"].map(
        (name) => [`atom:services.${name}`, name, /a new service is defined in stacks/] as const,
      ),
      ["atom:namespace.quota.pods", 32, /^the services need/],
    ],
  },
  {
    what: "no service at all",
    changes: { services: {} },
    problems: [["atom:services", {}, /^allowed: at least one service$/]],
  },
  {
    what: "a duration without a unit",
    changes: { "release.soak": 300 },
    problems: [["atom:release.soak", 300, /^allowed: a time with its unit, such as 200ms/]],
  },
  {
    what: "an error rate without a percent sign",
    changes: { "release.thresholds.errorRate.max": 0.001 },
    problems: [["atom:release.thresholds.errorRate.max", 0.001, /^allowed: a share above 0% and below 100%/]],
  },
  {
    what: "an error rate of 0 %",
    changes: { "release.thresholds.errorRate.max": "0%" },
    problems: [["atom:release.thresholds.errorRate.max", "0%", /^allowed: a share above 0%/]],
  },
  {
    what: "an error rate that no user of production should meet",
    changes: { "release.thresholds.errorRate.max": "5%" },
    problems: [["atom:release.thresholds.errorRate.max", "5%", /^allowed in production: up to 1%$/]],
  },
  {
    what: "a latency between two edges of the histogram",
    changes: { "release.thresholds.p95Latency.max": "250ms" },
    problems: [
      [
        "atom:release.thresholds.p95Latency.max",
        "250ms",
        /^allowed: an edge of the latency histogram of atom: 5ms, .*200ms, 350ms/,
      ],
    ],
  },
  {
    what: "breaches that production only warns of",
    changes: { "release.thresholds.errorRate.onBreach": "warn", "release.thresholds.p95Latency.onBreach": "hold" },
    problems: [
      ["atom:release.thresholds.errorRate.onBreach", "warn", /^allowed in production: rollback$/],
      ["atom:release.thresholds.p95Latency.onBreach", "hold", /^allowed in production: rollback$/],
    ],
  },
  {
    what: "going on unjudged in production",
    changes: { "release.noData.policy": "warn", "release.metricsUnavailable.policy": "warn" },
    problems: [
      ["atom:release.noData.policy", "warn", /^allowed in production: rollback, hold$/],
      ["atom:release.metricsUnavailable.policy", "warn", /^allowed in production: rollback, hold$/],
    ],
  },
  {
    what: "a policy that does not exist",
    changes: { "release.noData.policy": "ignore" },
    problems: [["atom:release.noData.policy", "ignore", /^allowed: rollback, warn, hold$/]],
  },
  {
    what: "a rollback that may take longer than R4 allows",
    changes: { "release.deadlines.rollback": "2m" },
    problems: [["atom:release.deadlines.rollback", "120000ms", /^allowed in production: up to 60s$/]],
  },
  {
    what: "steps that go down",
    changes: { "release.steps": [step(50), step(10), step(100)] },
    problems: [["atom:release.steps.1.weight", 10, /^allowed: more than the step before, 50$/]],
  },
  {
    what: "steps that do not end at 100 %",
    changes: { "release.steps": [step(10), { pause: "approval" }] },
    problems: [["atom:release.steps.1", { pause: "approval" }, /^allowed: 100 % as the last step$/]],
  },
  {
    what: "no steps",
    changes: { "release.steps": [] },
    problems: [["atom:release.steps", [], /^allowed: at least one step$/]],
  },
  {
    what: "a step of another form",
    changes: { "release.steps": [{ pause: "5m" }, step(100)] },
    problems: [
      [
        "atom:release.steps.0",
        { pause: "5m" },
        /^allowed: \{weight: 1 to 100, wait: a time such as 5m\} or \{pause: approval\}$/,
      ],
    ],
  },
  {
    what: "a step that ends before anything can be measured",
    changes: { "release.steps": [{ weight: 10, wait: "30s" }, step(100)] },
    problems: [["atom:release.steps.0.wait", "30000ms", /^allowed: at least four scrapes .*60000ms$/]],
  },
  {
    what: "a limit below its request",
    changes: { "services.atom.resources.limits": { cpu: "100m", memory: "256Mi" } },
    problems: [
      ["atom:services.atom.resources.limits.cpu", "100m", /^allowed: at least the request, 250m$/],
      ["atom:services.atom.resources.limits.memory", "256Mi", /^allowed: at least the request, 512Mi$/],
    ],
  },
  {
    what: "memory without a unit that Kubernetes knows",
    changes: { "services.atom.resources.limits.memory": "1GB" },
    problems: [["atom:services.atom.resources.limits.memory", "1GB", /^allowed: bytes above 0 with a unit/]],
  },
  {
    what: "a quota that both slots do not fit in",
    changes: { "namespace.quota.pods": 10, "namespace.quota.requests.memory": "4Gi" },
    problems: [
      ["atom:namespace.quota.pods", 10, /^the services need 24 with both slots/],
      ["atom:namespace.quota.requests.memory", "4Gi", /^the services need 12616466432 bytes/],
    ],
  },
  {
    what: "a quota that a releaser in the cluster does not fit in",
    changes: {
      "namespace.quota.pods": 23,
      "release.inCluster": { image: "registry.example.com/atom-delivery:0.1.0" },
    },
    problems: [["atom:namespace.quota.pods", 23, /^the services need 24 with both slots/]],
  },
  {
    what: "fewer replicas at most than at least",
    changes: { "services.atom.autoscaling.maxReplicas": 2 },
    problems: [["atom:services.atom.autoscaling.maxReplicas", 2, /^allowed: at least the replicas, 3$/]],
  },
  {
    what: "a variable that the service's definition sets",
    changes: { "services.atom.env": { DATABASE_URL: "postgres://elsewhere", PORT: "9000" } },
    problems: [
      ["atom:services.atom.env.DATABASE_URL", "postgres://elsewhere", /definition sets this variable; leave it out$/],
      ["atom:services.atom.env.PORT", "9000", /definition sets this variable/],
    ],
  },
  {
    what: "a variable that is a number",
    changes: { "services.atom.env": { POOL_SIZE: 5 } },
    problems: [["atom:services.atom.env.POOL_SIZE", 5, /^allowed: text \(put it in quotes\)$/]],
  },
  {
    what: "any host in production",
    changes: { "services.atom.routes.hosts": ["*"] },
    problems: [["atom:services.atom.routes.hosts", ["*"], /^allowed: the hosts by name; \* is for local$/]],
  },
  {
    what: "a host that is none",
    changes: { "services.atom.routes.hosts": ["https://atom.example.com"] },
    problems: [["atom:services.atom.routes.hosts.0", "https://atom.example.com", /^allowed: a host such as /]],
  },
  {
    what: "a router that does not exist",
    changes: { "services.atom.routes": { router: "nginx" } },
    problems: [["atom:services.atom.routes.router", "nginx", /^allowed: router: istio or replicas/]],
  },
  {
    what: "a try that may take longer than the whole request",
    changes: { "services.atom.routes.retries.perTryTimeout": "60s" },
    problems: [["atom:services.atom.routes.retries.perTryTimeout", "60000ms", /^allowed: at most the timeout/]],
  },
  {
    what: "a first step that replicas cannot make",
    changes: { "services.atom.routes": { router: "replicas", clientNamespaces: ["web"] } },
    problems: [
      [
        "atom:services.atom.routes.router",
        "replicas",
        /^one candidate pod beside 3 gets 25 % .* but the first step is 10 %/,
      ],
    ],
  },
  {
    what: "images that are never pulled outside of local",
    changes: { "services.atom.imagePullPolicy": "Never" },
    problems: [["atom:services.atom.imagePullPolicy", "Never", /^allowed: Always, IfNotPresent$/]],
  },
  {
    what: "an address range that is none",
    changes: { "services.atom.egress": [{ cidr: "10.20.0.0/33", ports: [5432] }] },
    problems: [
      ["atom:services.atom.egress.0.cidr", "10.20.0.0/33", /^allowed: an address range such as 10\.20\.0\.0\/16/],
    ],
  },
  {
    what: "a URL of another kind",
    changes: { "monitoring.prometheusUrl": "prometheus:9090" },
    problems: [["atom:monitoring.prometheusUrl", "prometheus:9090", /^allowed: a URL such as http:\/\//]],
  },
  {
    what: "a way in that is no URL",
    changes: { "services.atom.routes.url": "atom.example.com" },
    problems: [["atom:services.atom.routes.url", "atom.example.com", /^allowed: a URL such as https:/]],
  },
  {
    what: "no way in, where requests come through a gateway",
    changes: { "services.atom.routes.url": undefined },
    problems: [["atom:services.atom.routes.url", undefined, /^required: a URL such as https:/]],
  },
  {
    what: "credentials for Prometheus of a kind that is not known",
    changes: { "monitoring.prometheusAuth": { kind: "token", user: "me" } },
    problems: [
      ["atom:monitoring.prometheusAuth.kind", "token", /^allowed: none, bearer, basic$/],
      ["atom:monitoring.prometheusAuth.user", "me", /^unknown key; allowed: kind, privateAuthority$/],
    ],
  },
  {
    what: "a metric of one's own that looks at the wrong time",
    changes: {
      "release.thresholds.metrics": [
        { name: "lost", bad: "increase(lost[5m])", total: "increase(sent[{{window}}])", max: "1%", onBreach: "warn" },
      ],
    },
    problems: [
      ["atom:release.thresholds.metrics.0.bad", "increase(lost[5m])", /^allowed: PromQL .*\[\{\{window\}\}\]/],
    ],
  },
  {
    what: "more synthetic requests than a trickle",
    changes: { "release.synthetic": { perSecond: 500, requests: 100 } },
    problems: [["atom:release.synthetic.perSecond", 500, /^allowed: a whole number from 1 to 100$/]],
  },
  {
    what: "a releaser without a fixed version",
    changes: { "release.inCluster": { image: "registry.example.com/atom-releaser" } },
    problems: [
      ["atom:release.inCluster.image", "registry.example.com/atom-releaser", /^allowed: an image with a fixed/],
    ],
  },
  {
    what: "several mistakes at once",
    changes: { environment: "prod", "services.atom.replicas": "two", "release.soak": "soon", "cluster.ctx": "x" },
    problems: [
      ["atom:environment", "prod", /staging/],
      ["atom:cluster.ctx", "x", /^unknown key; allowed: context, kubeconfig$/],
      ["atom:services.atom.replicas", "two", /whole number/],
      ["atom:release.soak", "soon", /a time with its unit/],
    ],
  },
];

function problemsOf(stack: string, raw: RawConfig): ConfigError {
  try {
    parseStackConfig(stack, raw);
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  throw new Error("it was accepted");
}

describe("a stack's configuration", () => {
  let production: RawConfig;
  before(async () => {
    production = await committed("production");
  });

  for (const { what, stack = "production", changes, problems } of table) {
    it(`with ${what} is refused`, () => {
      const error = problemsOf(stack, withValues(production, changes));
      assert.deepEqual(
        error.problems.map(({ key, value }) => [key, value]),
        problems.map(([key, value]) => [key, value]),
      );
      problems.forEach(([key, value, allowed], index) => {
        assert.match(error.problems[index]?.allowed ?? "", allowed);
        const line = error.message.split("\n").find((each) => each.startsWith(`  ${key}: `)) ?? "";
        assert.ok(line.includes(value === undefined ? "missing" : JSON.stringify(value).slice(0, 90)), line);
      });
    });
  }

  it("says how many problems there are, of which stack, and that nothing was changed", () => {
    const { message } = problemsOf(
      "production",
      withValues(production, { environment: "prod", "release.soak": "soon" }),
    );
    assert.match(
      message,
      /^2 problems in the configuration of the stack "production" \(Pulumi\.production\.yaml\); nothing was changed:\n/,
    );
  });

  it("without its secrets is refused with the command that sets each", () => {
    const error = problemsOf("production", { ...production, secrets: ["redisUrl"] });
    assert.deepEqual(
      error.problems.map(({ key, value }) => [key, value]),
      [
        ["atom:databaseUrl", undefined],
        ["atom:deadMansSwitchUrl", undefined],
        ["atom:kubeconfig", undefined],
        ["atom:registryPassword", undefined],
        ["atom:registryUsername", undefined],
        ["atom:slackToken", undefined],
        ["atom:slackWebhookCritical", undefined],
        ["atom:slackWebhookUrl", undefined],
        ["atom:smokeTestPassword", undefined],
        ["atom:tokenSecret", undefined],
      ],
    );
    assert.match(
      error.message,
      /atom:databaseUrl: missing; set it: pulumi config set --secret --stack production atom:databaseUrl/,
    );
  });

  it("without its secrets is accepted where they are not asked for", () => {
    assert.equal(
      parseStackConfig("production", { ...production, secrets: [] }, { requireSecrets: false }).environment,
      "production",
    );
  });

  it("with a secret in clear is refused, and the secret is not shown", () => {
    const secrets = production.secrets.filter((key) => key !== "databaseUrl");
    const { message } = problemsOf(
      "production",
      withValues({ ...production, secrets }, { databaseUrl: "postgres://u:hunter2@db/atom" }),
    );
    assert.match(message, /atom:databaseUrl: .* it is not encrypted; set it: pulumi config set --secret/);
    assert.doesNotMatch(message, /hunter2/);
  });

  it("with a secret inside a section is refused, because it would lose its mark", () => {
    const error = problemsOf("production", { ...production, secrets: [...production.secrets, "services"] });
    assert.match(error.message, /atom:services: "\(encrypted\)"; no part of it may be encrypted/);
  });

  it("with a secret that nothing needs is refused", () => {
    const error = problemsOf("production", { ...production, secrets: [...production.secrets, "pagerToken"] });
    assert.deepEqual(
      error.problems.map(({ key }) => key),
      ["atom:pagerToken"],
    );
  });

  it("is read with units: shares as fractions, times as milliseconds", () => {
    const { release } = parseStackConfig("production", production);
    assert.equal(release.thresholds.errorRate.max, 0.001);
    assert.equal(release.thresholds.p95Latency.max, 200);
    assert.deepEqual(release.steps, [
      { weight: 10, wait: 300_000 },
      { pause: "approval" },
      { weight: 50, wait: 300_000 },
      { weight: 100, wait: 300_000 },
    ]);
  });

  it("shows long values in short", () => {
    const { message } = problemsOf("production", withValues(production, { environment: "x".repeat(500) }));
    assert.ok(Math.max(...message.split("\n").map(({ length }) => length)) < 250);
  });
});
