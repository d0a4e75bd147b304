import path from "node:path";
import { inside, ports } from "../addresses.ts";
import { monitoring as monitoringObjects } from "../objects/monitoring.ts";
import { applyOperatorDefinitions, applyPermissions } from "./definitions.ts";
import { importTaskName } from "./node.ts";
import type { Layout, Part, Service, Task } from "./component.ts";

const objectsFile = "etc/monitoring.json";

/** The operator, the Prometheus and Alertmanager that it runs, and the Pushgateway. */
export function monitoring(layout: Layout): Part {
  const { images, scrapeIntervalSeconds } = layout;
  return {
    components: [operator(layout), applyObjects(layout), ...answers(layout), pushgateway(layout)],
    files: {
      [objectsFile]: JSON.stringify(monitoringObjects({ ...images, scrapeIntervalSeconds }), null, 2),
    },
  };
}

function operator({ tools, instance, images }: Layout): Service {
  return {
    name: "prometheus-operator",
    kind: "service",
    // It looks for its CRDs once, at its start, and leaves alone what it does not find.
    after: [applyPermissions, applyOperatorDefinitions],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("prometheus-operator"),
      args: [
        `--prometheus-config-reloader=${images.configReloader}`,
        `--web.listen-address=${inside.loopback}:8081`,
        "--web.enable-tls=false",
        "--kubelet-endpoints=false",
        "--config-reloader-cpu-request=0",
        "--config-reloader-memory-request=0",
        "--log-level=warn",
      ],
      env: { KUBECONFIG: path.join(instance.files.pki, "prometheus-operator.kubeconfig") },
    },
    ready: { kind: "http", url: `http://${inside.loopback}:8081/healthz` },
  };
}

function applyObjects({ instance }: Layout): Task {
  return {
    name: "apply Prometheus and Alertmanager",
    kind: "task",
    after: [applyPermissions, applyOperatorDefinitions],
    deadlineSeconds: 30,
    work: { kind: "apply", paths: [path.join(instance.folder, objectsFile)] },
  };
}

/** Waits for the two servers that run as pods. */
function answers({ link, images }: Layout): Task[] {
  const waitFor = (name: string, port: number, image: string): Task => ({
    name: `${name} answers`,
    kind: "task",
    after: [
      "apply Prometheus and Alertmanager",
      "prometheus-operator",
      "kubelet",
      "kube-proxy",
      "kube-controller-manager",
      "kube-scheduler",
      importTaskName(image),
      importTaskName(images.configReloader),
    ],
    deadlineSeconds: 120,
    work: { kind: "wait", check: { kind: "http", url: `http://${link.address}:${port}/-/ready` } },
  });
  return [
    waitFor("Prometheus", ports.prometheus, images.prometheus),
    waitFor("Alertmanager", ports.alertmanager, images.alertmanager),
  ];
}

function pushgateway({ tools, users }: Layout): Service {
  return {
    name: "pushgateway",
    kind: "service",
    after: [],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("pushgateway"),
      args: [`--web.listen-address=${inside.bridge}:${ports.pushgateway}`, "--log.level=warn"],
      user: users.nobody,
    },
    ready: { kind: "http", url: `http://${inside.bridge}:${ports.pushgateway}/-/ready` },
  };
}
