// A stack that was provisioned: what the engine's state and the cluster have of it, as the real engine's rules make it.
import { collect, type CollectedResource } from "../../../infra/collect.ts";
import { readLiveServices } from "../../../infra/cluster/live-services.ts";
import type { Outputs } from "../../../infra/outputs.ts";
import type { LiveServices } from "../../../components/service/live-service.ts";
import { ApiDouble, respond } from "../cluster/api-double.ts";
import { stack } from "./full-stack.ts";

export type Sections = Readonly<Record<string, unknown>>;

/** What a stack is configured with. */
export interface Configuration {
  readonly sections: Sections;
  /** Values of its secrets, by key. */
  readonly secrets: Readonly<Record<string, string>>;
}

/** What the engine is asked for, or has: each resource's inputs, by the resource's identity. */
export type Resources = ReadonlyMap<string, CollectedResource>;

export interface Declared {
  readonly resources: Resources;
  readonly notes: readonly string[];
}

/** Runs the program against a cluster. */
export async function declared({ sections, secrets }: Configuration, live: LiveServices = {}): Promise<Declared> {
  const { resources, outputs } = await collect({
    ...{ stack, live, madeUpSecrets: secrets },
    raw: { values: sections, secrets: Object.keys(secrets) },
    ports: { readRepository: (query) => Promise.resolve(repositoryOf(query)) },
  });
  return { resources: new Map(resources.map((each) => [identity(each), each])), notes: (outputs as Outputs).notes };
}

/** Everybody who is asked for is there, under an id of their own. */
function repositoryOf({ users, teams }: { readonly users: readonly string[]; readonly teams: readonly string[] }) {
  const idOf = (name: string): number => Buffer.from(name).reduce((sum, byte) => sum * 31 + byte, 7);
  return {
    ...{ isPublic: true, plan: undefined, labels: {}, isReviewed: true },
    users: users.map(idOf),
    teams: teams.map(idOf),
  };
}

/** What makes a resource another one to the engine: its type, its name, and the component that it is part of. */
function identity({ type, name, parent }: CollectedResource): string {
  return `${parent} > ${type} ${name}`;
}

/** What an update makes of a state: what is to be ignored stays as the state has it. */
export function updated(state: Resources, { resources }: Declared): Resources {
  return new Map(
    [...resources].map(([key, resource]) => {
      const before = state.get(key);
      const inputs = resource.ignoreChanges.reduce(
        (all, path) => (before === undefined ? all : put(all, path.split("."), at(before.inputs, path.split(".")))),
        resource.inputs,
      );
      return [key, { ...resource, inputs }];
    }),
  );
}

/** Objects that an update would make while the engine still has them under another identity, and then delete. */
export function madeTwice(state: Resources, { resources }: Declared): string[] {
  const objects = new Map([...state].map(([key, resource]) => [pathOf(resource), key]));
  return [...resources].flatMap(([key, resource]) => {
    const path = pathOf(resource);
    const owner = path === undefined ? undefined : objects.get(path);
    return owner === undefined || owner === key || state.has(key) ? [] : [`${key} is ${owner} as well`];
  });
}

/** What the program reads of a cluster that has just what the state has. */
export async function liveOf(
  state: Resources,
  services: Readonly<Record<string, "istio" | "replicas">>,
): Promise<LiveServices> {
  const objects = new Map([...state.values()].map((each) => [pathOf(each), objectOf(each)]));
  await using double = await ApiDouble.serve((request, response) => {
    const { pathname, searchParams } = new URL(request.url ?? "", "http://double");
    const selector = searchParams.get("labelSelector");
    if (selector === null) {
      const found = objects.get(pathname);
      respond(response, found === undefined ? 404 : 200, found ?? {});
      return;
    }
    const items = [...objects]
      .filter(([path]) => path?.startsWith(`${pathname}/`) === true)
      .map(([, object]) => object)
      .filter(({ metadata }) => selector.split(",").every((label) => hasLabel(metadata.labels, label)));
    respond(response, 200, { items });
  });
  const cluster = { context: double.context, kubeconfig: double.kubeconfig };
  return await readLiveServices({ cluster, namespace: `atom-${stack}`, services, env: {} });
}

interface KubernetesObject {
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
  };
  readonly spec?: { readonly replicas?: number };
}

function hasLabel(labels: Readonly<Record<string, string>> = {}, label: string): boolean {
  const [key = "", value] = label.split("=");
  return labels[key] === value;
}

/** Where the API server has an object; `undefined` for what is none of Kubernetes. */
function pathOf({ type, inputs }: CollectedResource): string | undefined {
  const [, group = "", version, kind = ""] = /^kubernetes:([^/]+)\/([^:]+):(\w+)$/.exec(type) ?? [];
  if (version === undefined) return undefined;
  const { name, namespace } = (inputs as unknown as KubernetesObject).metadata;
  const api = group === "core" ? `/api/${version}` : `/apis/${groups[group] ?? group}/${version}`;
  return `${api}${namespace === undefined ? "" : `/namespaces/${namespace}`}/${plural(kind)}/${name}`;
}

/** Groups that the SDK names in short. */
const groups: Readonly<Record<string, string>> = { networking: "networking.k8s.io", policy: "policy" };

function plural(kind: string): string {
  const word = kind.toLowerCase();
  return word.endsWith("y") ? `${word.slice(0, -1)}ies` : `${word}s`;
}

/** All pods of a Deployment are ready, and every Job has succeeded. */
function objectOf({ inputs }: CollectedResource): KubernetesObject {
  const object = inputs as unknown as KubernetesObject;
  const replicas = object.spec?.replicas ?? 0;
  return {
    ...object,
    metadata: { uid: "uid", creationTimestamp: "2026-01-01T00:00:00Z", generation: 1, ...object.metadata },
    status: { observedGeneration: 1, replicas, updatedReplicas: replicas, readyReplicas: replicas },
  } as KubernetesObject;
}

function at(value: unknown, [key, ...rest]: readonly string[]): unknown {
  if (key === undefined) return value;
  return typeof value === "object" && value !== null ? at((value as Record<string, unknown>)[key], rest) : undefined;
}

function put(object: Sections, [key = "", ...rest]: readonly string[], value: unknown): Sections {
  return { ...object, [key]: rest.length === 0 ? value : put((object[key] ?? {}) as Sections, rest, value) };
}

/** Every single value in the inputs of resources, as JSON, by where it is. */
export function valuesOf(resources: Resources): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  const visit = (place: string, value: unknown): void => {
    if (typeof value !== "object" || value === null) values.set(place, JSON.stringify(value));
    else for (const [key, inner] of Object.entries(value)) visit(`${place} ${key}`, inner);
  };
  for (const [key, { inputs }] of resources) {
    values.set(key, "declared");
    visit(key, inputs);
  }
  return values;
}
