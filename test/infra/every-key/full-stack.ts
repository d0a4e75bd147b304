// Configurations of stacks in which every key of the schema has a value, so that each can be changed.

type Section = Readonly<Record<string, unknown>>;

export const stack = "trial";

const istio = {
  router: "istio",
  hosts: ["atom.example.com", "www.example.com"],
  url: "https://atom.example.com",
  gateway: { namespace: "istio-system", selector: { istio: "ingressgateway" }, port: 443, tlsSecret: "atom-tls" },
  timeout: "30s",
  retries: { attempts: 2, perTryTimeout: "10s", on: ["connect-failure", "refused-stream"] },
};

const withoutMesh = { router: "replicas", clientNamespaces: ["clients", "others"] };

const atom = {
  image: "registry.example.com/atom:0.1.0",
  imagePullPolicy: "Always",
  replicas: 3,
  autoscaling: { maxReplicas: 10, cpuUtilization: 70 },
  resources: { requests: { cpu: "250m", memory: "512Mi" }, limits: { cpu: "2", memory: "1Gi" } },
  env: { LOG_LEVEL: "debug", REGION: "north" },
  routes: istio,
  egress: [{ cidr: "10.30.0.0/16", ports: [5432, 6379] }],
};

const firing = { for: "7m", severity: "warning" };
const channel = {
  channel: "atom-trial",
  private: true,
  topic: "releases",
  purpose: "to be told",
  members: ["U0123456789"],
  onDelete: "archive",
};

/** Everything that a stack can have. */
const full: Section = {
  environment: "staging",
  cluster: { context: "trial", kubeconfig: "/home/nobody/kubeconfig" },
  namespace: {
    quota: { pods: 100, requests: { cpu: "64", memory: "128Gi" }, limits: { memory: "256Gi" } },
    containerDefaults: { requests: { cpu: "50m", memory: "64Mi" }, limits: { cpu: "1", memory: "256Mi" } },
    dnsNamespace: "dns",
    ingressCidrs: ["10.30.255.0/28"],
    releaserEgress: [{ cidr: "10.30.254.0/28", ports: [443, 6443] }],
  },
  services: { atom },
  release: {
    thresholds: {
      errorRate: { max: "1%", onBreach: "rollback" },
      p95Latency: { max: "200ms", onBreach: "rollback" },
      metrics: [
        {
          ...{ name: "lost", max: "1%", onBreach: "warn" },
          bad: "sum(increase(lost_total[{{window}}]))",
          total: "sum(increase(all_total[{{window}}]))",
        },
      ],
    },
    steps: [{ weight: 10, wait: "5m" }, { pause: "approval" }, { weight: 50, wait: "5m" }, { weight: 100, wait: "5m" }],
    minRequests: 200,
    synthetic: { perSecond: 10, requests: 100 },
    soak: "30m",
    noData: { policy: "rollback", deadline: "10m" },
    metricsUnavailable: { policy: "hold", deadline: "10m" },
    deadlines: { ready: "5m", smoke: "5m", confirm: "30s", approval: "24h", rollback: "50s" },
    keep: 12,
    inCluster: { image: "registry.example.com/atom-delivery:0.1.0" },
  },
  monitoring: {
    namespace: "monitoring",
    labels: { prometheus: "atom", team: "a" },
    scrapeInterval: "4s",
    prometheusUrl: "http://prometheus.monitoring:9090",
    prometheusAuth: { kind: "bearer", privateAuthority: true },
  },
  alerts: {
    runbookUrl: "https://example.com/runbook",
    dashboardUrl: "https://dashboards.example.com",
    interval: "45s",
    window: "4m",
    objectives: { availability: "99.5%", latency: "90%" },
    rules: {
      deploymentHighErrorRate: { max: "20%", ...firing },
      deploymentRollbackDetected: firing,
      smokeTestFailing: { max: "20%", ...firing },
      highErrorRate: firing,
      highLatency: firing,
      deploymentFrequencyAnomaly: { max: 5, ...firing },
      prometheusQueryFailing: { max: "20%", ...firing },
      serviceMetricsAbsent: firing,
      deploymentMetricsAbsent: firing,
      deploymentMetricsStale: { after: "200h", severity: "warning" },
      releaseStuck: { after: "40h", severity: "critical" },
    },
    burnRates: [
      { long: "2h", short: "10m", factor: 8, for: "3m", severity: "critical" },
      { long: "48h", short: "4h", factor: 2, for: "1h", severity: "warning" },
    ],
    notifications: {
      receivers: { critical: "slackWebhookCritical", warning: "slackWebhookUrl", info: "slackWebhookUrl" },
      deadMansSwitch: { every: "10m" },
      wait: "20s",
      interval: "6m",
      repeat: "5h",
    },
  },
  grafana: { url: "https://grafana.example.com", folder: "Trial", suffix: "trial", datasource: "Metrics" },
  notifications: {
    urgent: true,
    slack: { channel: "C0TRIAL", criticalChannel: "C0CRITICAL" },
    github: { repository: "example/atom", assignees: ["somebody"], labels: ["urgent"], files: ["docs/releasing.md"] },
    grafana: true,
  },
  github: {
    repository: "example/atom",
    environment: "trial-environment",
    reviewers: { users: ["somebody"], teams: ["releasers"] },
    preventSelfReview: false,
    waitTimer: "5m",
    branches: ["main", "release/*"],
    variables: { KUBERNETES_SERVER: "https://kubernetes.example.com" },
    oidc: false,
    metricsEndpoint: "https://pushgateway.example.com",
    plan: "team",
    manageRepository: true,
    apiUrl: "https://github.example.com/api/v3",
  },
  slack: {
    deployments: channel,
    critical: { ...channel, channel: "atom-critical" },
    apiUrl: "https://slack.example.com/api/",
  },
};

const fixed = without(atom, ["autoscaling"]);
const small = without(full, ["alerts", "grafana", "notifications", "github", "slack"]);
const steps = [
  { weight: 50, wait: "5m" },
  { weight: 100, wait: "5m" },
];

/** The keys of a service mean different things in these. The first one has everything; where another one has a key too, the last is the cheapest. */
export const configurations: Readonly<Record<string, Section>> = {
  "behind a gateway, with an autoscaler": full,
  "without a mesh": {
    ...small,
    services: { atom: { ...fixed, routes: withoutMesh } },
    release: { ...(small.release as object), steps },
  },
  "behind a gateway": { ...small, services: { atom: fixed } },
};

function without(section: Section, keys: readonly string[]): Section {
  return Object.fromEntries(Object.entries(section).filter(([key]) => !keys.includes(key)));
}
