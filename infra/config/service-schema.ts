import { z } from "zod";
import { duration } from "./duration.ts";
import { imageReference } from "./image-reference.ts";
import { bytes, cpu } from "./quantity.ts";
import { section, text, whole, word } from "./section.ts";

/** A name that Kubernetes accepts for an object and in a host name. */
export const objectName = text(
  /^[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$/,
  "lower-case letters, digits and dashes, such as istio-system",
);

export const labels = z.record(
  text(/^([a-z0-9.-]{1,253}\/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/, "a label's key"),
  text(
    /^([A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?)?$/,
    "a label's value: up to 63 letters, digits, dashes, dots, underscores",
  ),
);

const cidrForm = "an address range such as 10.20.0.0/16; one address is a /32";
export const cidr = z.cidrv4({ error: `allowed: ${cidrForm}` }).describe(cidrForm);

/** Addresses and TCP ports there. */
export const destination = section({
  cidr,
  ports: z.array(whole(1, 65535)).min(1, "allowed: at least one port"),
});

/** A name as DNS has it, a wildcard in its first label, or `*` for any host. */
const hostPattern = /^(\*|(\*\.)?([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?)$/;

export const resources = section({
  requests: section({ cpu, memory: bytes }).describe("What the scheduler sets aside."),
  limits: section({ cpu: cpu.optional(), memory: bytes }).describe(
    "What a container may use at most. Leave `cpu` out: a limit throttles.",
  ),
});

const retries = section({
  attempts: whole(0, 5).describe("How often a request is tried again; 0 switches retries off."),
  perTryTimeout: duration.describe("Time for each try."),
  on: z
    .array(word(["connect-failure", "refused-stream", "reset-before-request", "gateway-error", "5xx", "retriable-4xx"]))
    .min(1)
    .describe("Envoy's conditions. gateway-error and 5xx repeat answered requests and so hide a candidate's errors."),
});

const istioRoutes = section({
  router: z.literal("istio"),
  hosts: z
    .array(text(hostPattern, "a host such as atom.example.com or *.example.com, or *"))
    .min(1, "allowed: at least one host")
    .describe("Hosts that requests ask for."),
  url: z
    .url({ protocol: /^https?$/, error: "allowed: a URL such as https://atom.example.com" })
    .describe(
      "Where requests go in, as whoever releases reaches it: smoke tests ask there. The variable ATOM_ENTRY_URL wins.",
    ),
  gateway: section({
    namespace: objectName.describe("Namespace of the gateway's pods."),
    selector: labels.describe("Labels of the gateway's pods."),
    port: whole(1, 65535).describe("Port that the gateway listens on."),
    tlsSecret: objectName
      .optional()
      .describe("TLS Secret beside the gateway's pods. Without it the port speaks plain HTTP."),
  }),
  timeout: duration.describe("How long a request may take in all."),
  retries,
});

const replicaRoutes = section({
  router: z.literal("replicas"),
  clientNamespaces: z.array(objectName).describe("Namespaces that requests come from."),
});

export const service = section({
  image: imageReference.describe("The image, with a fixed tag or a digest."),
  imagePullPolicy: word(["Always", "IfNotPresent", "Never"]).default("IfNotPresent"),
  replicas: whole(1, 100).describe("Pods of a slot that serves; with autoscaling, the fewest."),
  autoscaling: section({
    maxReplicas: whole(1, 100),
    cpuUtilization: whole(10, 95).describe("CPU that is aimed at, in percent of what the pods request."),
  })
    .optional()
    .describe("Have the replicas follow the load."),
  resources: resources.describe("What each pod of the service gets."),
  env: z
    .record(
      text(/^[A-Z_][A-Z0-9_]*$/, "a variable's name in capitals"),
      z.string({ error: "allowed: text (put it in quotes)" }),
    )
    .default({})
    .describe("Variables beyond those that the service's definition sets. No secrets."),
  routes: z.discriminatedUnion("router", [istioRoutes, replicaRoutes], {
    error: "allowed: router: istio or replicas, each with its own keys",
  }),
  egress: z.array(destination).default([]).describe("What the service may reach beyond DNS: its data services."),
});
