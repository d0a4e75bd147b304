import { halfway, type Repository } from "./client.ts";

/** An issue as far as it matters here. */
export interface OpenIssue {
  readonly number: number;
  readonly body: string;
}

const pageSize = 100;
const mostPages = 5;

/** The newest open issue that has these labels and this marker in its body, among the 500 newest with the labels. */
export async function findOpenIssue(
  { octokit, place }: Repository,
  { labels, marker }: { readonly labels: readonly string[]; readonly marker: string },
): Promise<OpenIssue | undefined> {
  for (let page = 1; page <= mostPages; page += 1) {
    const query = { ...place, state: "open", labels: labels.join(","), per_page: pageSize, page } as const;
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/issues", query);
    const found = data.find(({ body }) => body?.includes(marker) === true);
    if (found !== undefined) return { number: found.number, body: found.body ?? "" };
    if (data.length < pageSize) return undefined;
  }
  return undefined;
}

/** Closes an issue after something has been told on it: what fails now may have come through in part. */
export async function closeIssue({ octokit, place }: Repository, number: number): Promise<void> {
  const closing = { ...place, issue_number: number, state: "closed", state_reason: "completed" } as const;
  await halfway(octokit.request("PATCH /repos/{owner}/{repo}/issues/{issue_number}", closing));
}
