import path from "node:path";
import { inside, ports } from "../addresses.ts";
import { kedaNamespace, scaledObjects as scaledObjectsObjects } from "../objects/scaled-objects.ts";
import type { PartOnRequest } from "../on-request.ts";
import type { Layout, Part, Service, Task } from "./component.ts";

const objectsFile = "etc/keda.json";
const applyKeda = "apply KEDA's CRDs and permissions";

/**
 * KEDA's operator, which makes a HorizontalPodAutoscaler of each ScaledObject and scales from and to 0 itself. Its server of external
 * metrics is left out, so that the triggers `cpu` and `memory` alone scale between pods: metrics-server answers for those.
 */
export function scaledObjects(layout: Layout): Part {
  return {
    components: [applyObjects(layout), operator(layout)],
    files: { [objectsFile]: JSON.stringify(scaledObjectsObjects(layout.instance.nodeName), null, 2) },
  };
}

function applyObjects({ instance, tools }: Layout): Task {
  return {
    name: applyKeda,
    kind: "task",
    after: ["kube-apiserver"],
    deadlineSeconds: 60,
    work: { kind: "apply", paths: [path.join(instance.folder, objectsFile), tools.file("keda-crds")] },
  };
}

function operator({ tools, instance }: Layout): Service {
  return {
    name: "keda" satisfies PartOnRequest,
    kind: "service",
    after: [applyKeda],
    deadlineSeconds: 60,
    command: {
      kind: "command",
      command: tools.path("keda"),
      args: [
        `--kubeconfig=${path.join(instance.files.pki, "keda.kubeconfig")}`,
        `--health-probe-bind-address=${inside.loopback}:${ports.kedaProbe}`,
        "--enable-prometheus-metrics=false",
        // It does not start without this server, which nothing asks here.
        `--metrics-service-bind-address=${inside.loopback}:${ports.kedaMetrics}`,
        `--cert-dir=${path.join(instance.files.pki, "keda")}`,
        "--zap-log-level=error",
      ],
      env: { KEDA_CLUSTER_OBJECT_NAMESPACE: kedaNamespace, POD_NAMESPACE: kedaNamespace, WATCH_NAMESPACE: "" },
    },
    ready: { kind: "http", url: `http://${inside.loopback}:${ports.kedaProbe}/readyz` },
  };
}
