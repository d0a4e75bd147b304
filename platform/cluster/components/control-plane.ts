import path from "node:path";
import { inside, nodePortRange, ports } from "../addresses.ts";
import { frontProxyUser } from "../certificates.ts";
import type { Layout, Part, Service } from "./component.ts";

const etcdUrl = `http://${inside.loopback}:2379`;
/** Secure ports of the two controllers; they serve only health and metrics. */
const controllerManagerPort = 10257;
const schedulerPort = 10259;

/** etcd, the API server and its two controllers. */
export function controlPlane(layout: Layout): Part {
  return {
    components: [etcd(layout), apiServer(layout), controllerManager(layout), scheduler(layout)],
  };
}

function etcd({ tools, instance }: Layout): Service {
  return {
    name: "etcd",
    kind: "service",
    after: [],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("etcd"),
      args: [
        `--data-dir=${path.join(instance.folder, "etcd")}`,
        `--listen-client-urls=${etcdUrl}`,
        `--advertise-client-urls=${etcdUrl}`,
        `--listen-peer-urls=http://${inside.loopback}:2380`,
        // The data goes with the instance: a power cut may take it.
        "--unsafe-no-fsync",
        "--log-level=warn",
      ],
    },
    ready: { kind: "http", url: `${etcdUrl}/readyz` },
  };
}

function apiServer({ tools, instance }: Layout): Service {
  const pki = (name: string) => path.join(instance.files.pki, name);
  return {
    name: "kube-apiserver",
    kind: "service",
    after: ["etcd"],
    deadlineSeconds: 60,
    command: {
      kind: "command",
      command: tools.path("kube-apiserver"),
      args: [
        `--etcd-servers=${etcdUrl}`,
        `--bind-address=${inside.bridge}`,
        `--advertise-address=${inside.bridge}`,
        `--secure-port=${ports.apiServer}`,
        `--tls-cert-file=${pki("api-server.crt")}`,
        `--tls-private-key-file=${pki("api-server.key")}`,
        `--client-ca-file=${pki("authority.crt")}`,
        "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        `--service-cluster-ip-range=${inside.serviceRange}`,
        `--service-node-port-range=${nodePortRange.first}-${nodePortRange.last}`,
        "--service-account-issuer=https://kubernetes.default.svc",
        `--service-account-key-file=${pki("service-account.pub")}`,
        `--service-account-signing-key-file=${pki("service-account.key")}`,
        `--kubelet-client-certificate=${pki("api-server-to-kubelet.crt")}`,
        `--kubelet-client-key=${pki("api-server-to-kubelet.key")}`,
        `--kubelet-certificate-authority=${pki("authority.crt")}`,
        "--kubelet-preferred-address-types=InternalIP",
        // What servers behind it (APIServices) are asked with, and what they read of who asks.
        `--proxy-client-cert-file=${pki("front-proxy.crt")}`,
        `--proxy-client-key-file=${pki("front-proxy.key")}`,
        `--requestheader-client-ca-file=${pki("front-proxy-authority.crt")}`,
        `--requestheader-allowed-names=${frontProxyUser}`,
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--profiling=false",
      ],
      // Defining Istio's and the operator's kinds makes much garbage: collecting it less often saves a fifth of the work.
      env: { GOGC: "300" },
    },
    ready: { kind: "api", path: "/readyz" },
  };
}

function controllerManager({ tools, instance }: Layout): Service {
  return {
    name: "kube-controller-manager",
    kind: "service",
    after: ["kube-apiserver"],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("kube-controller-manager"),
      args: [
        `--kubeconfig=${path.join(instance.files.pki, "controller-manager.kubeconfig")}`,
        `--bind-address=${inside.loopback}`,
        "--leader-elect=false",
        `--root-ca-file=${path.join(instance.files.pki, "authority.crt")}`,
        `--service-account-private-key-file=${path.join(instance.files.pki, "service-account.key")}`,
        "--use-service-account-credentials",
        "--profiling=false",
      ],
    },
    ready: { kind: "tcp", host: inside.loopback, port: controllerManagerPort },
  };
}

function scheduler({ tools, instance }: Layout): Service {
  return {
    name: "kube-scheduler",
    kind: "service",
    after: ["kube-apiserver"],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("kube-scheduler"),
      args: [
        `--kubeconfig=${path.join(instance.files.pki, "scheduler.kubeconfig")}`,
        `--bind-address=${inside.loopback}`,
        "--leader-elect=false",
        "--profiling=false",
      ],
    },
    ready: { kind: "tcp", host: inside.loopback, port: schedulerPort },
  };
}
