import { stringify } from "yaml";
import type { CollectedResource } from "./collect.ts";

/** A manifest as a file. */
export interface ManifestFile {
  readonly name: string;
  readonly text: string;
}

/** The first line of every file, by which an earlier rendering is told from a stranger's file. */
export const manifestHeader = "# Rendered by `npm run render`; do not edit.";

interface Manifest extends Readonly<Record<string, unknown>> {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string };
}

/** What others need is applied first: `kubectl apply -f` goes by the names of the files. */
const order = [
  "Namespace",
  "ResourceQuota",
  "LimitRange",
  "NetworkPolicy",
  "ServiceAccount",
  "Role",
  "RoleBinding",
  "Secret",
  "ConfigMap",
  "Job",
];

/** Kubernetes objects as files, one each, in the order in which they are to be applied. What is no Kubernetes object is left out. */
export function manifestFiles(resources: readonly CollectedResource[]): ManifestFile[] {
  return resources
    .filter(({ type }) => type.startsWith("kubernetes:"))
    .map(({ inputs }) => manifestFile(inputs as Manifest))
    .sort((left, right) => (left.name < right.name ? -1 : 1));
}

function manifestFile(manifest: Manifest): ManifestFile {
  const { apiVersion, kind, metadata, ...rest } = manifest;
  const position = order.indexOf(kind);
  const rank = String(position === -1 ? order.length : position).padStart(2, "0");
  const body = { apiVersion, kind, metadata, ...(kind === "Secret" ? readableSecret(rest) : rest) };
  return {
    name: `${rank}-${kind.toLowerCase()}-${metadata.name}.yaml`,
    text: `${manifestHeader}\n${stringify(body, { lineWidth: 0, aliasDuplicateObjects: false })}`,
  };
}

/** A placeholder is no base64, so it stands in `stringData`. */
function readableSecret({ data, ...rest }: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { ...rest, stringData: data };
}
