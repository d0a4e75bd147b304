import type { ApiClient } from "./api-client.ts";

/** The fields of the API server's aggregated discovery (`apidiscovery.k8s.io/v2`) that are read here. */
interface GroupDiscoveryList {
  readonly items: readonly {
    readonly metadata: { readonly name: string };
    readonly versions?: readonly { readonly resources?: readonly { readonly resource: string }[] }[];
  }[];
}

/**
 * Every resource that an API server serves outside the core group, as CRDs are named: "virtualservices.networking.istio.io".
 * Rejects when there is no answer or no list.
 */
export async function servedResources(client: ApiClient): Promise<ReadonlySet<string>> {
  const response = await client.request({
    method: "GET",
    path: "/apis",
    accept: "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList",
  });
  if (response.status !== 200) throw new Error(`GET /apis answered ${response.status}: ${response.text.trim()}`);
  const list = JSON.parse(response.text) as GroupDiscoveryList;
  return new Set(
    list.items.flatMap((group) =>
      (group.versions ?? []).flatMap((version) =>
        (version.resources ?? []).map(({ resource }) => `${resource}.${group.metadata.name}`),
      ),
    ),
  );
}
