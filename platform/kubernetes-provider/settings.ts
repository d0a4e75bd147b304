import { KubeConfig } from "@kubernetes/client-node/dist/config.js";
import type { Mutability } from "./immutable-fields.ts";
import { isObject, type Json, type JsonObject } from "./json.ts";

/** The provider's configuration: the arguments of `new kubernetes.Provider(…)`, of which the stand-in knows these. */
export interface Settings {
  /** A path or the text of a kubeconfig. Undefined: $KUBECONFIG, else ~/.kube/config. */
  readonly kubeconfig: string | undefined;
  readonly context: string | undefined;
  readonly cluster: string | undefined;
  /** For objects that name none. */
  readonly namespace: string | undefined;
  /** Take fields that other managers own, on every resource. @default false */
  readonly patchForce: boolean;
  /** A create adopts an object that exists already, instead of failing. @default false */
  readonly upsert: boolean;
  readonly mutability: Mutability;
}

/** Settings of the official provider that this one does not offer; each names what to do about it. */
const NOT_OFFERED: Readonly<Record<string, string>> = {
  renderYamlToDirectory: "use `npm run render` for manifests",
  deleteUnreachable: "leave it out",
  skipUpdateUnreachable: "leave it out",
};

export interface SettingProblem {
  readonly property: string;
  readonly reason: string;
}

function text(value: Json | undefined): string | undefined {
  if (isObject(value)) return JSON.stringify(value);
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** Booleans reach a provider as the texts "true" and "false"; the environment variables of the official provider work too. */
function flag(value: Json | undefined, variable: string, otherwise: boolean): boolean {
  const given = value ?? process.env[variable];
  return given === undefined || given === "" ? otherwise : given === true || given === "true";
}

/** What is wrong with the arguments; empty when they can be used. */
export function checkSettings(args: JsonObject): SettingProblem[] {
  const problems = Object.entries(NOT_OFFERED)
    .filter(([property]) => text(args[property]) !== undefined && args[property] !== "false")
    .map(([property, advice]) => ({ property, reason: `the stand-in does not offer ${property}; ${advice}` }));
  if (!flag(args.enableServerSideApply, "PULUMI_K8S_ENABLE_SERVER_SIDE_APPLY", true)) {
    const reason = "the stand-in only knows server-side apply; set enableServerSideApply to true or leave it out";
    problems.push({ property: "enableServerSideApply", reason });
  }
  return problems;
}

export function parseSettings(args: JsonObject): Settings {
  return {
    kubeconfig: text(args.kubeconfig),
    context: text(args.context),
    cluster: text(args.cluster),
    namespace: text(args.namespace),
    patchForce: flag(args.enablePatchForce, "PULUMI_K8S_ENABLE_PATCH_FORCE", false),
    upsert: flag(args.upsertExistingObjects, "PULUMI_K8S_UPSERT_EXISTING_OBJECTS", false),
    mutability: {
      configMap: flag(args.enableConfigMapMutable, "PULUMI_K8S_ENABLE_CONFIGMAP_MUTABLE", false),
      secret: flag(args.enableSecretMutable, "PULUMI_K8S_ENABLE_SECRET_MUTABLE", false),
    },
  };
}

/** Reads the kubeconfig that the settings point to. Throws when there is none, or when it has no such context or cluster. */
export function loadKubeConfig(settings: Settings): KubeConfig {
  const config = new KubeConfig();
  const { kubeconfig, context, cluster } = settings;
  // The SDK passes $KUBECONFIG on as it is, and that may be a list of files.
  if (kubeconfig === undefined || kubeconfig === process.env.KUBECONFIG) config.loadFromDefault();
  else if (/^\s*\{|\n/.test(kubeconfig)) config.loadFromString(kubeconfig);
  else config.loadFromFile(kubeconfig.replace(/^~(?=\/)/, process.env.HOME ?? "~"));
  if (context !== undefined) {
    if (config.getContextObject(context) === null) {
      const known = config.getContexts().map(({ name }) => name);
      throw new Error(`the kubeconfig has no context "${context}"; it has: ${known.join(", ") || "none"}`);
    }
    config.setCurrentContext(context);
  }
  if (cluster !== undefined) {
    if (config.getCluster(cluster) === null) throw new Error(`the kubeconfig has no cluster "${cluster}"`);
    const user = config.getContextObject(config.getCurrentContext())?.user ?? "";
    config.addContext({ name: "pulumi-cluster", cluster, user });
    config.setCurrentContext("pulumi-cluster");
  }
  return config;
}

/** The address of the cluster that the arguments lead to; undefined when they lead nowhere (yet). Another address is another cluster. */
export function clusterAddress(args: JsonObject): string | undefined {
  try {
    return loadKubeConfig(parseSettings(args)).getCurrentCluster()?.server;
  } catch {
    return undefined;
  }
}
