import path from "node:path";
import { stringify } from "yaml";
import { inside } from "../addresses.ts";
import { applyOperatorDefinitions } from "./definitions.ts";
import type { Layout, Part, Service, Task } from "./component.ts";

/** containerd's namespace of the images and containers that the kubelet sees. */
export const containerdNamespace = "k8s.io";

const kubeletHealthPort = 10248;
const kubeProxyHealthPort = 10256;

/** The one node: containerd with its images, the kubelet and kube-proxy. */
export function node(layout: Layout): Part {
  return {
    components: [containerd(layout), ...importTasks(layout), kubelet(layout), kubeProxy(layout)],
    files: {
      "etc/containerd.toml": containerdConfig(layout),
      "etc/cni/10-bridge.conflist": JSON.stringify(bridgeNetwork(layout), null, 2),
      "etc/kubelet.yaml": stringify(kubeletConfig(layout)),
      "etc/kube-proxy.yaml": stringify(kubeProxyConfig(layout)),
    },
  };
}

function containerd({ tools, instance }: Layout): Service {
  return {
    name: "containerd",
    kind: "service",
    after: [],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("containerd"),
      args: ["--config", etc(instance.folder, "containerd.toml"), "--log-level", "warn"],
    },
    ready: { kind: "socket", path: instance.files.containerdSocket },
  };
}

/** The name of the task that imports an image. */
export function importTaskName(reference: string): string {
  return `import ${reference}`;
}

/**
 * One task an image, so that a pod waits for its own alone; one after the other, since together they would only keep the
 * disk and the control plane from each other. The pause image is what the kubelet waits for; the largest go last. Images of
 * stacks wait until the busiest time is over: nothing needs them before the cluster is ready.
 */
function importTasks({ tools, instance, images }: Layout): Task[] {
  const own = [images.pause, images.prometheus, images.alertmanager, images.configReloader];
  return images.archives.map(({ reference, archive }, index) => {
    const previous = images.archives[index - 1];
    return {
      name: importTaskName(reference),
      kind: "task",
      after: [
        previous === undefined ? "containerd" : importTaskName(previous.reference),
        ...(own.includes(reference) ? [] : [applyOperatorDefinitions]),
      ],
      deadlineSeconds: 180,
      work: {
        kind: "command",
        command: tools.path("ctr"),
        args: importArguments(instance.files.containerdSocket, archive),
      },
    };
  });
}

/** Arguments of `ctr` that import a docker-archive for the kubelet. */
export function importArguments(socket: string, archive: string): string[] {
  return ["--address", socket, "--namespace", containerdNamespace, "images", "import", archive];
}

function kubelet({ tools, instance, images }: Layout): Service {
  return {
    name: "kubelet",
    kind: "service",
    after: ["kube-apiserver", "containerd", importTaskName(images.pause)],
    deadlineSeconds: 60,
    command: {
      kind: "command",
      command: tools.path("kubelet"),
      args: [
        `--config=${etc(instance.folder, "kubelet.yaml")}`,
        `--kubeconfig=${path.join(instance.files.pki, "kubelet.kubeconfig")}`,
        `--root-dir=${path.join(instance.folder, "kubelet")}`,
        `--hostname-override=${instance.nodeName}`,
        `--node-ip=${inside.bridge}`,
      ],
    },
    ready: { kind: "node", node: instance.nodeName },
  };
}

function kubeProxy({ tools, instance }: Layout): Service {
  return {
    name: "kube-proxy",
    kind: "service",
    after: ["kube-apiserver"],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("kube-proxy"),
      args: [`--config=${etc(instance.folder, "kube-proxy.yaml")}`],
    },
    ready: { kind: "tcp", host: inside.loopback, port: kubeProxyHealthPort },
  };
}

function etc(folder: string, name: string): string {
  return path.join(folder, "etc", name);
}

function containerdConfig({ tools, instance, images }: Layout): string {
  const text = JSON.stringify;
  return `version = 2
root = ${text(path.join(instance.folder, "containerd"))}
state = "/run/containerd"
# The CRI and overlayfs alone: looking for the other snapshotters takes time.
disabled_plugins = [
  "io.containerd.snapshotter.v1.aufs", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.devmapper",
  "io.containerd.snapshotter.v1.zfs", "io.containerd.internal.v1.tracing", "io.containerd.tracing.processor.v1.otlp",
]

[grpc]
address = ${text(instance.files.containerdSocket)}

[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = ${text(images.pause)}
# Where CAP_SYS_RESOURCE is missing, runc cannot lower the score and fails without this.
restrict_oom_score_adj = true
stream_server_address = "${inside.loopback}"

[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = ${text(tools.directory("cni-plugins"))}
conf_dir = ${text(etc(instance.folder, "cni"))}

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"

[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
BinaryName = ${text(tools.path("runc"))}
`;
}

/** NetworkPolicies are not enforced by this network; there is no cluster DNS. */
function bridgeNetwork({ instance }: Layout): unknown {
  return {
    cniVersion: "1.0.0",
    name: "pods",
    plugins: [
      {
        type: "bridge",
        bridge: "cni0",
        isGateway: true,
        isDefaultGateway: true,
        // A pod reaches itself through a Service.
        hairpinMode: true,
        ipam: {
          type: "host-local",
          dataDir: path.join(instance.folder, "cni"),
          ranges: [[{ subnet: inside.podRange, gateway: inside.bridge }]],
        },
      },
      { type: "portmap", capabilities: { portMappings: true } },
    ],
  };
}

function kubeletConfig({ instance, cgroupVersion }: Layout): unknown {
  return {
    apiVersion: "kubelet.config.k8s.io/v1beta1",
    kind: "KubeletConfiguration",
    address: inside.bridge,
    healthzBindAddress: inside.loopback,
    healthzPort: kubeletHealthPort,
    tlsCertFile: path.join(instance.files.pki, "kubelet-server.crt"),
    tlsPrivateKeyFile: path.join(instance.files.pki, "kubelet-server.key"),
    authentication: {
      anonymous: { enabled: false },
      webhook: { enabled: true },
      x509: { clientCAFile: path.join(instance.files.pki, "authority.crt") },
    },
    authorization: { mode: "Webhook" },
    containerRuntimeEndpoint: `unix://${instance.files.containerdSocket}`,
    cgroupDriver: "cgroupfs",
    cgroupRoot: instance.cgroup,
    ...(cgroupVersion === 1 ? { failCgroupV1: false } : {}),
    enforceNodeAllocatable: [],
    localStorageCapacityIsolation: false,
    failSwapOn: false,
    oomScoreAdj: 0,
    // No cluster DNS, and none of the host's either: what a pod needs is inside the instance.
    resolvConf: "",
    // A changed ConfigMap reaches Prometheus's rule files with a pod's next synchronisation; the default is a minute.
    syncFrequency: "2s",
    // The disk is the host's: its shortage is not the pods' fault.
    imageGCHighThresholdPercent: 100,
    evictionHard: Object.fromEntries(
      ["memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available"].map((name) => [name, "0%"]),
    ),
  };
}

function kubeProxyConfig({ instance, link }: Layout): unknown {
  return {
    apiVersion: "kubeproxy.config.k8s.io/v1alpha1",
    kind: "KubeProxyConfiguration",
    clientConnection: { kubeconfig: path.join(instance.files.pki, "kube-proxy.kubeconfig") },
    hostnameOverride: instance.nodeName,
    mode: "iptables",
    // The bridge hands packets between two of its pods past iptables; with the bridge's own address the answers come back.
    iptables: { masqueradeAll: true, minSyncPeriod: "100ms", localhostNodePorts: false },
    nodePortAddresses: [`${link.address}/32`],
    // Zero leaves the kernel's settings alone; setting them takes rights that a container or VM may lack.
    conntrack: { maxPerCore: 0, min: 0, tcpEstablishedTimeout: "0s", tcpCloseWaitTimeout: "0s" },
    healthzBindAddress: `${inside.loopback}:${kubeProxyHealthPort}`,
    metricsBindAddress: `${inside.loopback}:10249`,
    oomScoreAdj: 0,
  };
}
