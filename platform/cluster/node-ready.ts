import type { ApiClient } from "./api-client.ts";

/** Longest time that the question may take. */
const lookMs = 2_000;

/** Whether a node says that it is Ready. Rejects when the API server does not answer. */
export async function nodeIsReady(client: ApiClient, node: string): Promise<boolean> {
  const answer = await client.request({ method: "GET", path: `/api/v1/nodes/${node}`, timeoutMs: lookMs });
  if (answer.status !== 200) return false;
  const { status } = JSON.parse(answer.text) as {
    readonly status?: { readonly conditions?: readonly { readonly type: string; readonly status: string }[] };
  };
  return status?.conditions?.some(({ type, status: value }) => type === "Ready" && value === "True") ?? false;
}
