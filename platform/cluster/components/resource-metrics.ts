import path from "node:path";
import { inside, ports } from "../addresses.ts";
import { resourceMetrics as resourceMetricsObjects, resourceMetricsPath } from "../objects/resource-metrics.ts";
import type { PartOnRequest } from "../on-request.ts";
import type { Layout, Part, Service, Task } from "./component.ts";

const metricsServerName = "metrics-server" satisfies PartOnRequest;

const objectsFile = "etc/resource-metrics.json";
const applyResourceMetrics = "apply metrics.k8s.io";

/** metrics-server, which tells HorizontalPodAutoscalers what the pods use. It reads the kubelet, whose numbers are ten seconds apart. */
export function resourceMetrics(layout: Layout): Part {
  return {
    components: [applyObjects(layout), metricsServer(layout), answers],
    files: { [objectsFile]: JSON.stringify(resourceMetricsObjects(layout.instance.nodeName), null, 2) },
  };
}

function applyObjects({ instance }: Layout): Task {
  return {
    name: applyResourceMetrics,
    kind: "task",
    after: ["kube-apiserver"],
    deadlineSeconds: 30,
    work: { kind: "apply", paths: [path.join(instance.folder, objectsFile)] },
  };
}

function metricsServer({ tools, instance }: Layout): Service {
  const kubeconfig = path.join(instance.files.pki, "metrics-server.kubeconfig");
  return {
    name: metricsServerName,
    kind: "service",
    // It ends where it may not read who may ask it.
    after: [applyResourceMetrics, "kubelet"],
    deadlineSeconds: 60,
    command: {
      kind: "command",
      command: tools.path("metrics-server"),
      args: [
        ...["kubeconfig", "authentication-kubeconfig", "authorization-kubeconfig"].map(
          (flag) => `--${flag}=${kubeconfig}`,
        ),
        `--bind-address=${inside.bridge}`,
        `--secure-port=${ports.metricsServer}`,
        `--cert-dir=${path.join(instance.folder, "metrics-server")}`,
        `--kubelet-certificate-authority=${path.join(instance.files.pki, "authority.crt")}`,
        "--kubelet-preferred-address-types=InternalIP",
        "--kubelet-use-node-status-port",
        // The shortest that it takes.
        "--metric-resolution=10s",
        "--kubelet-request-timeout=5s",
        "--profiling=false",
      ],
    },
    ready: { kind: "tcp", host: inside.bridge, port: ports.metricsServer },
  };
}

/** Before it does, HorizontalPodAutoscalers have nothing to go by, and the end of a namespace waits for an API that is announced. */
const answers: Task = {
  name: "metrics.k8s.io answers",
  kind: "task",
  after: [metricsServerName, "kube-proxy"],
  deadlineSeconds: 60,
  work: { kind: "wait", check: { kind: "api", path: resourceMetricsPath } },
};
