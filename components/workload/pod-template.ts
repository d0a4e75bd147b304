import type { types } from "@pulumi/kubernetes";
import { labelKeys, serviceSelectorLabels } from "../names/labels.ts";
import type { SlotName } from "../names/slot-name.ts";
import { environmentVariables, type EnvironmentSources } from "./environment.ts";
import { restrictedContainer, restrictedPod } from "./hardening.ts";
import { imageVersion } from "./image.ts";
import type { Probe, Probes } from "./probes.ts";
import { secretAnnotations, type SecretVersion } from "./secret-version.ts";

/** A pod template of plain values, so that it can be read and hashed before anything is declared. */
export interface PodTemplate {
  readonly metadata: {
    readonly labels: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly spec: types.input.core.v1.PodSpec;
}

/** Amounts in Kubernetes' notation: `100m`, `128Mi`. */
export interface Resources {
  readonly requests: { readonly cpu: string; readonly memory: string };
  /** There is no limit on CPU by default: a limit throttles, and a request already shares it out fairly. */
  readonly limits: { readonly cpu?: string | undefined; readonly memory: string };
}

/** A directory that the container may write to, lost with the pod. */
export interface ScratchDirectory {
  readonly name: string;
  readonly path: string;
  /** In Kubernetes' notation: `256Mi`. */
  readonly sizeLimit: string;
}

/** How a pod ends, in seconds. */
export interface Shutdown {
  /** How long the pod goes on serving after it was told to end, so that the gateway sees it leave first. */
  readonly drainSeconds: number;
  /** When the kubelet kills what is still running, counted from the same moment. */
  readonly graceSeconds: number;
}

export interface PodTemplateArgs {
  readonly service: string;
  readonly image: string;
  readonly imagePullPolicy: "Always" | "IfNotPresent" | "Never";
  /** The container's port, named `http`. */
  readonly port: number;
  readonly environment: EnvironmentSources;
  /** The Secret that the environment's secrets are in. Another content makes another template. */
  readonly secret: SecretVersion;
  readonly probes: Probes;
  readonly resources: Resources;
  readonly scratch: readonly ScratchDirectory[];
  readonly shutdown: Shutdown;
  /** Numeric user and group that the containers run as. */
  readonly user: number;
}

/** The pod template of a service, the same for both slots: {@link inSlot} completes it. */
export function podTemplate(args: PodTemplateArgs): PodTemplate {
  return {
    metadata: {
      labels: {
        ...serviceSelectorLabels(args.service),
        [labelKeys.partOf]: args.service,
        [labelKeys.version]: imageVersion(args.image),
      },
      annotations: secretAnnotations(args.secret),
    },
    spec: {
      serviceAccountName: args.service,
      automountServiceAccountToken: false,
      enableServiceLinks: false,
      securityContext: restrictedPod(args.user),
      terminationGracePeriodSeconds: args.shutdown.graceSeconds,
      topologySpreadConstraints: ["topology.kubernetes.io/zone", "kubernetes.io/hostname"].map((topologyKey) => ({
        topologyKey,
        maxSkew: 1,
        whenUnsatisfiable: "ScheduleAnyway",
        labelSelector: { matchLabels: serviceSelectorLabels(args.service) },
        // Each revision of each slot is spread by itself: pods that are on their way out do not count.
        matchLabelKeys: ["pod-template-hash"],
      })),
      containers: [container(args)],
      volumes: args.scratch.map(({ name, sizeLimit }) => ({ name, emptyDir: { sizeLimit } })),
    },
  };
}

function container(args: PodTemplateArgs): types.input.core.v1.Container {
  return {
    name: args.service,
    image: args.image,
    imagePullPolicy: args.imagePullPolicy,
    ports: [{ name: "http", containerPort: args.port, protocol: "TCP" }],
    env: environmentVariables(args.secret.name, args.environment),
    resources: kubernetesResources(args.resources),
    startupProbe: httpProbe(args.probes.startup),
    livenessProbe: httpProbe(args.probes.liveness),
    readinessProbe: httpProbe(args.probes.readiness),
    lifecycle: { preStop: { sleep: { seconds: args.shutdown.drainSeconds } } },
    securityContext: restrictedContainer(),
    volumeMounts: args.scratch.map(({ name, path }) => ({ name, mountPath: path })),
  };
}

/** Requests and limits, without a limit that is not set. */
export function kubernetesResources({
  requests,
  limits,
}: Resources): Record<"requests" | "limits", Record<string, string>> {
  return {
    requests: { ...requests },
    limits: { ...(limits.cpu === undefined ? {} : { cpu: limits.cpu }), memory: limits.memory },
  };
}

function httpProbe(probe: Probe): types.input.core.v1.Probe {
  return {
    httpGet: { path: probe.path, port: "http" },
    timeoutSeconds: probe.timeoutSeconds,
    periodSeconds: probe.periodSeconds,
    failureThreshold: probe.failureThreshold,
  };
}

/** The template as one slot runs it: with the labels that name the slot and the template itself. */
export function inSlot(template: PodTemplate, slot: SlotName, digest: string): PodTemplate {
  const labels = { ...template.metadata.labels, [labelKeys.slot]: slot, [labelKeys.template]: digest };
  return { ...template, metadata: { ...template.metadata, labels } };
}
