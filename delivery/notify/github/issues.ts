import { notificationsOf, rollbackLabels } from "../../../components/release-plan/notifications.ts";
import type { Reference } from "../../../components/ledger/outbox.ts";
import type { Channel, Telling } from "../channel.ts";
import { factsOf } from "../telling.ts";
import { askGithub, statusOf, type GithubAccess, type Repository } from "./client.ts";
import { issueTitle, markerOf, recoveryText, rollbackText } from "./issue-text.ts";
import { closeIssue, findOpenIssue, type OpenIssue } from "./open-issue.ts";

export interface GithubPlace {
  readonly access: GithubAccess;
  /** Of the repository's page. */
  readonly url: string;
  readonly service: string;
  readonly environment: string;
}

const pageSize = 100;
const mostPages = 5;

/** One open issue for each service and environment: made when a release goes back, added to by further ones, closed by the next success. */
export class GithubIssues implements Channel {
  readonly #place: GithubPlace;

  constructor(place: GithubPlace) {
    this.#place = place;
  }

  async tell(telling: Telling, signal: AbortSignal): Promise<Reference | undefined> {
    const { kind } = telling.message;
    return askGithub(this.#place.access, signal, (repository) =>
      kind === "github-issue" ? this.#report(repository, telling) : this.#close(repository, telling),
    );
  }

  async #report(repository: Repository, telling: Telling): Promise<Reference> {
    const marker = this.#marker("release", telling);
    const open = await this.#findOpen(repository);
    const settings = notificationsOf(telling.record.plan)?.github;
    const text = rollbackText({
      ...{ facts: this.#facts(telling), marker, repositoryUrl: this.#place.url },
      files: settings?.files ?? [],
    });
    if (open === undefined) return { issue: await this.#create(repository, telling, text) };
    const told = open.body.includes(marker) || (await this.#isCommented(repository, open.number, marker, telling));
    if (!told) await this.#comment(repository, open.number, text);
    return { issue: open.number };
  }

  async #close(repository: Repository, telling: Telling): Promise<undefined> {
    const open = await this.#findOpen(repository);
    // A person has closed it, or nobody could open it.
    if (open === undefined) return;
    const marker = this.#marker("recovery", telling);
    if (!(await this.#isCommented(repository, open.number, marker, telling)))
      await this.#comment(repository, open.number, recoveryText({ facts: this.#facts(telling), marker }));
    await closeIssue(repository, open.number);
  }

  async #create({ octokit, place }: Repository, telling: Telling, text: string): Promise<number> {
    const settings = notificationsOf(telling.record.plan)?.github;
    const { assignees = [] } = settings ?? {};
    const issue = {
      ...place,
      title: issueTitle(this.#place),
      body: `${this.#issueMarker}\n${text}`,
      labels: [...new Set([...this.#labels, ...(settings?.labels ?? [])])],
    };
    const create = (whom: string[]) =>
      octokit.request("POST /repos/{owner}/{repo}/issues", {
        ...issue,
        ...(whom.length === 0 ? {} : { assignees: whom }),
      });
    try {
      return (await create(assignees)).data.number;
    } catch (error) {
      // Whoever left the team must not keep the others from hearing of it.
      if (statusOf(error) !== 422 || assignees.length === 0) throw error;
      return (await create([])).data.number;
    }
  }

  async #findOpen(repository: Repository): Promise<OpenIssue | undefined> {
    return findOpenIssue(repository, { labels: this.#labels, marker: this.#issueMarker });
  }

  /** Looked for only where an earlier attempt may have come through. */
  async #isCommented(
    { octokit, place }: Repository,
    issue: number,
    marker: string,
    telling: Telling,
  ): Promise<boolean> {
    if (telling.message.uncertain !== true) return false;
    for (let page = 1; page <= mostPages; page += 1) {
      const query = { ...place, issue_number: issue, since: telling.record.startedAt, per_page: pageSize, page };
      const { data } = await octokit.request("GET /repos/{owner}/{repo}/issues/{issue_number}/comments", query);
      if (data.some(({ body }) => body?.includes(marker) === true)) return true;
      if (data.length < pageSize) return false;
    }
    return false;
  }

  async #comment({ octokit, place }: Repository, issue: number, body: string): Promise<void> {
    const comment = { ...place, issue_number: issue, body };
    await octokit.request("POST /repos/{owner}/{repo}/issues/{issue_number}/comments", comment);
  }

  #facts({ record }: Telling): ReturnType<typeof factsOf> {
    const { service, environment } = this.#place;
    return factsOf(record, { service, environment });
  }

  get #labels(): readonly string[] {
    return [...rollbackLabels, this.#place.environment];
  }

  get #issueMarker(): string {
    const { service, environment } = this.#place;
    return markerOf("issue", `${environment}/${service}`);
  }

  #marker(kind: "release" | "recovery", { record }: Telling): string {
    const { service, environment } = this.#place;
    return markerOf(kind, `${environment}/${service}/${record.id}`);
  }
}
