import { releaseAnnotationTags } from "../../../components/dashboards/identity.ts";
import { annotate } from "../../grafana/annotations.ts";
import type { GrafanaClient } from "../../grafana/client.ts";
import type { Channel, Telling } from "../channel.ts";
import { factsOf } from "../telling.ts";
import { asChannelError } from "./errors.ts";

export interface GrafanaPlace {
  readonly client: GrafanaClient;
  readonly service: string;
  readonly environment: string;
}

/** A mark on the dashboards from a release's begin to its end. It is found by its tags, so telling it twice changes nothing. */
export class GrafanaAnnotations implements Channel {
  readonly #place: GrafanaPlace;

  constructor(place: GrafanaPlace) {
    this.#place = place;
  }

  async tell({ record }: Telling, signal: AbortSignal): Promise<undefined> {
    const { client, service, environment } = this.#place;
    const { story, headline, change } = factsOf(record, { service, environment });
    const { from, to, startedAt, endedAt } = story.header;
    const commit = change === undefined ? "" : `, commit ${change.commit.slice(0, 10)}`;
    const annotation = {
      tags: releaseAnnotationTags(environment, service, record.id),
      // Grafana shows HTML in these.
      text: escaped(`${service} ${record.id} (${from.version} → ${to.version}${commit}): ${headline}`),
      time: Date.parse(startedAt),
      ...(endedAt === undefined ? {} : { timeEnd: Date.parse(endedAt) }),
    };
    try {
      await annotate(client, annotation, signal);
    } catch (error) {
      throw asChannelError(error);
    }
    return undefined;
  }
}

function escaped(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.codePointAt(0) ?? 0};`);
}
