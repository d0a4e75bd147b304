import { z } from "zod";
import { alerts } from "./alerts-schema.ts";
import { release } from "./release-schema.ts";
import { positiveDuration } from "./duration.ts";
import { github } from "./github-schema.ts";
import { grafana } from "./grafana-schema.ts";
import { notifications } from "./notifications-schema.ts";
import { bytes, cpu } from "./quantity.ts";
import { section, whole, word } from "./section.ts";
import { slack } from "./slack-schema.ts";
import { cidr, destination, labels, objectName, resources, service } from "./service-schema.ts";

export const environments = ["staging", "production", "local"] as const;
export type EnvironmentName = (typeof environments)[number];

const cluster = section({
  context: z.string().min(1).describe("Context of the kubeconfig: which cluster this stack is in."),
  kubeconfig: z
    .string()
    .min(1)
    .optional()
    .describe("Path of the kubeconfig. Default: the variable KUBECONFIG, else ~/.kube/config."),
});

const namespace = section({
  quota: section({
    pods: whole(1, 10_000),
    requests: section({ cpu, memory: bytes }),
    limits: section({ memory: bytes }),
  }).describe("What all pods of the namespace may use together. Both slots and a migration must fit."),
  containerDefaults: resources.describe("What a container gets that does not say."),
  dnsNamespace: objectName.default("kube-system").describe("Namespace of the cluster's DNS."),
  ingressCidrs: z
    .array(cidr)
    .default([])
    .describe(
      "Addresses that may connect to the services and are no pods: a gateway on a host's network, and the API server, through which a " +
        "release from outside reads the pods' counters. Where the cluster enforces NetworkPolicies, a release sees nothing without the API server's.",
    ),
  releaserEgress: z
    .array(destination)
    .default([{ cidr: "0.0.0.0/0", ports: [443, 6443] }])
    .describe(
      "What releasers in the cluster (release.inCluster) reach by an address: the API server, and a gateway or Prometheus elsewhere. " +
        "Name the API server's address where the cluster enforces NetworkPolicies.",
    ),
});

const prometheusAuth = section({
  kind: word(["none", "bearer", "basic"]).describe(
    "bearer: the variable PROMETHEUS_TOKEN. basic: the variables PROMETHEUS_USERNAME and PROMETHEUS_PASSWORD.",
  ),
  privateAuthority: z
    .boolean({ error: "allowed: true, false" })
    .default(false)
    .describe(
      "Whether its certificate is of an authority of your own: the variable PROMETHEUS_CA_FILE names its PEM file.",
    ),
});

const monitoring = section({
  namespace: objectName.describe("Namespace of Prometheus."),
  labels: labels.describe("Labels by which the Prometheus operator finds what this stack declares for it."),
  scrapeInterval: positiveDuration.describe("Time between two scrapes of a pod."),
  prometheusUrl: z
    .url({ protocol: /^https?$/, error: "allowed: a URL such as http://prometheus.monitoring:9090" })
    .optional()
    .describe(
      "Where a release asks Prometheus. The variable PROMETHEUS_URL wins; without either the policy of metricsUnavailable applies.",
    ),
  prometheusAuth: prometheusAuth
    .prefault({ kind: "none" })
    .describe("How a release proves to Prometheus who it is, by variables in the releaser's environment."),
});

/**
 * The configuration of a stack, but for its secrets, which are keys of their own beside these. Optional integrations (Slack, GitHub,
 * Grafana) become optional sections here together with the components that they configure: a key that nothing reads is refused.
 */
export const stackSchema = section({
  environment: word(environments).describe(
    "What kind of environment the stack is; it decides which settings are acceptable.",
  ),
  cluster,
  namespace,
  services: z.record(objectName, service).describe("What runs in the stack, by name: see stacks/catalogue.ts."),
  release,
  monitoring,
  alerts: alerts.optional().describe("What is watched, and who is told. Default: nothing."),
  grafana: grafana.optional().describe("Dashboards in Grafana. Default: none."),
  notifications: notifications.optional().describe("Whom a release tells. Default: nobody."),
  github: github.optional().describe("The stack's environment in a GitHub repository. Default: none."),
  slack: slack.optional().describe("Channels in Slack that the stack makes or takes over. Default: none."),
});

export type StackConfig = z.output<typeof stackSchema>;
export type ServiceConfig = StackConfig["services"][string];

/** The sections' names. */
export const stackKeys: readonly string[] = Object.keys(stackSchema.shape);
