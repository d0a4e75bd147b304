import { readdir, readFile, stat } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { parse } from "yaml";
import { withoutDescriptions } from "./crd-text.ts";
import { servedResources } from "./discovery.ts";
import type { ApiClient } from "./api-client.ts";
import type { Apply } from "./components/component.ts";
import type { KubernetesObject } from "./objects/kubernetes-object.ts";

/** Owner of the fields that the cluster itself applies. */
const fieldManager = "atom-cluster";

/** Between two looks at the list of all kinds, which is long, and made while the API server is busy with the new ones. */
const servedPollMs = 200;

const definitionKind = "CustomResourceDefinition";

/** One object, with the text in which it is sent. */
interface Document {
  readonly object: Pick<KubernetesObject, "apiVersion" | "kind" | "metadata">;
  readonly text: string;
}

/** Collections of the kinds that the cluster applies; `%` stands for the namespace. */
const collections: Readonly<Record<string, string>> = {
  "v1 Namespace": "/api/v1/namespaces",
  "v1 Service": "/api/v1/namespaces/%/services",
  "v1 ServiceAccount": "/api/v1/namespaces/%/serviceaccounts",
  "rbac.authorization.k8s.io/v1 ClusterRole": "/apis/rbac.authorization.k8s.io/v1/clusterroles",
  "rbac.authorization.k8s.io/v1 ClusterRoleBinding": "/apis/rbac.authorization.k8s.io/v1/clusterrolebindings",
  "rbac.authorization.k8s.io/v1 RoleBinding": "/apis/rbac.authorization.k8s.io/v1/namespaces/%/rolebindings",
  "discovery.k8s.io/v1 EndpointSlice": "/apis/discovery.k8s.io/v1/namespaces/%/endpointslices",
  "apiregistration.k8s.io/v1 APIService": "/apis/apiregistration.k8s.io/v1/apiservices",
  "apiextensions.k8s.io/v1 CustomResourceDefinition": "/apis/apiextensions.k8s.io/v1/customresourcedefinitions",
  "monitoring.coreos.com/v1 Prometheus": "/apis/monitoring.coreos.com/v1/namespaces/%/prometheuses",
  "monitoring.coreos.com/v1 Alertmanager": "/apis/monitoring.coreos.com/v1/namespaces/%/alertmanagers",
  "monitoring.coreos.com/v1alpha1 ScrapeConfig": "/apis/monitoring.coreos.com/v1alpha1/namespaces/%/scrapeconfigs",
};

/**
 * Applies files (a JSON list of objects, or YAML of several documents) and folders of such files, server-side, and waits until
 * every CustomResourceDefinition among them is served.
 */
export async function applyPaths(
  client: ApiClient,
  { paths, except = [] }: Pick<Apply, "paths" | "except">,
  signal: AbortSignal,
): Promise<void> {
  const found = (await Promise.all(paths.map(documentsAt))).flat();
  const documents = found.filter(({ object }) => !except.includes(object.metadata.name));
  // Namespaces first: the others may lie in them. The rest in any order, since nothing refers to another at once.
  const [namespaces, rest] = partition(documents, ({ object }) => object.kind === "Namespace");
  await Promise.all(namespaces.map((document) => applyDocument(client, document, signal)));
  await Promise.all(rest.map((document) => applyDocument(client, document, signal)));
  const definitions = rest.filter(({ object }) => object.kind === definitionKind);
  await waitUntilServed(
    client,
    definitions.map(({ object }) => object.metadata.name),
    signal,
  );
}

async function documentsAt(location: string): Promise<Document[]> {
  if ((await stat(location)).isDirectory()) {
    const names = (await readdir(location)).filter((name) => /\.(ya?ml|json)$/.test(name)).sort();
    return (await Promise.all(names.map((name) => documentsAt(path.join(location, name))))).flat();
  }
  const text = await readFile(location, "utf8");
  if (location.endsWith(".json"))
    return (JSON.parse(text) as KubernetesObject[]).map((object) => ({ object, text: JSON.stringify(object) }));
  return splitDocuments(text).map((document) => {
    const object = headOf(document);
    return { object, text: object.kind === definitionKind ? withoutDescriptions(document) : document };
  });
}

/** The documents of a YAML stream that are not empty. */
export function splitDocuments(text: string): string[] {
  return text.split(/^---.*$/m).filter((document) => /^\s*[^\s#]/m.test(document));
}

/**
 * What names an object. Only the top level's head and `metadata` are parsed: a CRD's schema is megabytes that the API server
 * parses itself.
 */
export function headOf(document: string): Document["object"] {
  const head = /^(?:apiVersion|kind):.*$/gm;
  const metadata = /^metadata:\n(?:[ ].*\n?)*/m.exec(document)?.[0] ?? "";
  return parse([...(document.match(head) ?? []), metadata].join("\n")) as Document["object"];
}

async function applyDocument(client: ApiClient, { object, text }: Document, signal: AbortSignal): Promise<void> {
  const title = `${object.kind} ${object.metadata.name}`;
  const collection = collections[`${object.apiVersion} ${object.kind}`];
  if (collection === undefined) throw new Error(`${title}: no collection is known for ${object.apiVersion}`);
  const place = collection.replace("%", object.metadata.namespace ?? "default");
  for (;;) {
    signal.throwIfAborted();
    const answer = await client.request({
      method: "PATCH",
      path: `${place}/${object.metadata.name}?fieldManager=${fieldManager}&force=true`,
      contentType: "application/apply-patch+yaml",
      body: text,
    });
    if (answer.status === 200 || answer.status === 201) return;
    // A kind that was defined a moment ago is not served yet (404), and an API server at its start may be busy (429, 5xx).
    if (answer.status !== 404 && answer.status !== 429 && answer.status < 500)
      throw new Error(`${title} was refused with ${answer.status}: ${answer.text.trim()}`);
    await delay(50, undefined, { signal });
  }
}

async function waitUntilServed(client: ApiClient, names: readonly string[], signal: AbortSignal): Promise<void> {
  if (names.length === 0) return;
  for (;;) {
    const served = await servedResources(client);
    if (names.every((name) => served.has(name))) return;
    await delay(servedPollMs, undefined, { signal });
  }
}

function partition<Item>(items: readonly Item[], test: (item: Item) => boolean): [Item[], Item[]] {
  return [items.filter((item) => test(item)), items.filter((item) => !test(item))];
}
