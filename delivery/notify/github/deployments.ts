import type { Reference } from "../../../components/ledger/outbox.ts";
import { notificationsOf } from "../../../components/release-plan/notifications.ts";
import { outcomeOf, type ReleaseRecord } from "../../report/story.ts";
import { plain } from "../../report/terminal.ts";
import { RefusedError, type Channel, type Telling } from "../channel.ts";
import { factsOf } from "../telling.ts";
import { askGithub, halfway, type Repository } from "./client.ts";
import type { GithubPlace } from "./issues.ts";

type State = "in_progress" | "success" | "failure" | "inactive";

const longestDescription = 140;
/** Deployments of an environment among which one that may have been made is looked for. */
const lookAt = 50;

/** A deployment of a release's commit to its environment, with where it stands; the one before becomes inactive. */
export class GithubDeployments implements Channel {
  readonly #place: GithubPlace;

  constructor(place: GithubPlace) {
    this.#place = place;
  }

  async tell(telling: Telling, signal: AbortSignal): Promise<Reference> {
    return askGithub(this.#place.access, signal, async (repository) => {
      const deployment = await this.#deployment(repository, telling);
      return halfway(this.#bring(repository, telling, deployment));
    });
  }

  async #bring(repository: Repository, telling: Telling, deployment: number): Promise<Reference> {
    const state = stateOf(telling.record);
    await this.#set(repository, deployment, state, telling.record);
    if (state === "success") for (const each of earlier(telling)) await this.#set(repository, each, "inactive");
    return { deployment };
  }

  async #deployment(repository: Repository, telling: Telling): Promise<number> {
    const { message, record } = telling;
    const known = message.reference?.deployment;
    if (typeof known === "number") return known;
    const found = message.uncertain === true ? await this.#find(repository, record) : undefined;
    return found ?? (await this.#create(repository, record));
  }

  async #create({ octokit, place }: Repository, record: ReleaseRecord): Promise<number> {
    const { environment, service } = this.#place;
    if (record.change === undefined) throw new RefusedError("the release is of no commit that is known");
    const { data } = await octokit.request("POST /repos/{owner}/{repo}/deployments", {
      ...place,
      ref: record.change.commit,
      environment,
      production_environment: notificationsOf(record.plan)?.urgent ?? false,
      description: shortened(`${service} ${record.id}: ${record.version}`),
      payload: { atom: this.#id(record) },
      // What must hold before a release is the workflow's to know; and it releases the commit as it is.
      required_contexts: [],
      auto_merge: false,
    });
    if (!("id" in data)) throw new RefusedError("GitHub merged the commit in place of deploying it");
    return Number(data.id);
  }

  /** One that was made, though nobody heard of it. */
  async #find({ octokit, place }: Repository, record: ReleaseRecord): Promise<number | undefined> {
    const query = { ...place, environment: this.#place.environment, per_page: lookAt };
    const { data } = await octokit.request("GET /repos/{owner}/{repo}/deployments", query);
    const found = data.find(({ payload }) => typeof payload === "object" && payload.atom === this.#id(record));
    return found && Number(found.id);
  }

  /** Sets where it stands, unless that is known. */
  async #set({ octokit, place }: Repository, id: number, state: State, record?: ReleaseRecord): Promise<void> {
    const deployment = { ...place, deployment_id: id };
    const path = "/repos/{owner}/{repo}/deployments/{deployment_id}/statuses";
    const { data } = await octokit.request(`GET ${path}`, { ...deployment, per_page: 1 });
    if (data[0]?.state === state) return;
    const run = record?.change?.run;
    await octokit.request(`POST ${path}`, {
      ...deployment,
      state,
      environment: this.#place.environment,
      auto_inactive: false,
      ...(record === undefined ? {} : { description: shortened(this.#headline(record)) }),
      ...(run === undefined ? {} : { log_url: run }),
    });
  }

  #headline(record: ReleaseRecord): string {
    const { service, environment } = this.#place;
    return factsOf(record, { service, environment }).headline;
  }

  #id({ id }: ReleaseRecord): string {
    return `${this.#place.environment}/${this.#place.service}/${id}`;
  }
}

function stateOf(record: ReleaseRecord): State {
  switch (outcomeOf(record)) {
    case "released":
    case "baseline":
      return "success";
    case "rolled-back":
    case "aborted":
      return "failure";
    case "held":
    case "under-way":
      return "in_progress";
  }
}

/** Deployments of releases that served before this one. */
function earlier({ message, ledger }: Telling): readonly number[] {
  const served = ledger.releases.filter(({ outcome }) => outcome === "released").map(({ id }) => id);
  return (ledger.outbox?.messages ?? [])
    .filter(
      ({ kind, release }) => kind === "github-deployment" && release !== message.release && served.includes(release),
    )
    .flatMap(({ reference }) => (typeof reference?.deployment === "number" ? [reference.deployment] : []));
}

function shortened(text: string): string {
  const told = plain(text);
  return told.length > longestDescription ? `${told.slice(0, longestDescription - 1)}…` : told;
}
