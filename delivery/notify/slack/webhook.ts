import { isFinal } from "../../release/state-machine.ts";
import { RefusedError, UndeliveredError, type Channel, type Telling } from "../channel.ts";
import { fetchWithin, retryAfterOf } from "../fetch.ts";
import { factsOf, type Facts } from "../telling.ts";
import { alertText, messageText } from "./blocks.ts";

export interface SlackWebhooks {
  /** @default that for what is urgent */
  readonly usual?: string | undefined;
  /** For what is urgent. @default the usual one */
  readonly critical?: string | undefined;
  readonly service: string;
  readonly environment: string;
}

/**
 * One message when a release begins to go back, and one at its end: nothing that a webhook posted can be changed, or looked for. So a
 * message whose answer was lost is sent again, and may be there twice.
 */
export class SlackWebhook implements Channel {
  readonly #webhooks: SlackWebhooks;

  constructor(webhooks: SlackWebhooks) {
    this.#webhooks = webhooks;
  }

  async tell({ message, record }: Telling, signal: AbortSignal): Promise<undefined> {
    const { service, environment } = this.#webhooks;
    const facts = factsOf(record, { service, environment });
    if (message.kind === "slack-end") await this.#post(facts, messageText(facts), signal);
    // It is there already, and what there is to add comes with the end.
    if (message.kind === "slack-alert" && message.told === undefined) await this.#post(facts, alertText(facts), signal);
    return undefined;
  }

  async #post({ urgent, story }: Facts, body: object, signal: AbortSignal): Promise<void> {
    const { usual, critical } = this.#webhooks;
    const { phase, cause } = story.header;
    const calls = urgent && !(isFinal(phase) && cause === undefined);
    const url = calls ? (critical ?? usual) : (usual ?? critical);
    if (url === undefined) throw new RefusedError("there is no webhook for it");
    const answer = await fetchWithin(signal, "Slack's webhook")(url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify(body),
    });
    if (answer.ok) return;
    const { status, headers } = answer;
    const retryAfter = retryAfterOf(headers.get("retry-after"), Date.now());
    if (status === 429 || status >= 500)
      throw new UndeliveredError(`Slack's webhook answered ${status}`, { retryAfter, uncertain: status >= 500 });
    throw new RefusedError(`Slack's webhook answered ${status}`);
  }
}
