import assert from "node:assert/strict";

/** An alert as Alertmanager has it. */
export interface HeldAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly status: { readonly state: "active" | "suppressed" | "unprocessed"; readonly inhibitedBy: readonly string[] };
}

/** The API of a real Alertmanager: https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml */
export class Alertmanager {
  readonly #url: string;

  constructor(url: string) {
    this.#url = url;
  }

  /** The configuration that it works by now. */
  async config(): Promise<string> {
    const status = (await this.#get("/api/v2/status")) as { readonly config: { readonly original: string } };
    return status.config.original;
  }

  /** The alert of this name of an environment; undefined: it has none. */
  async alert(alertname: string, environment: string): Promise<HeldAlert | undefined> {
    const alerts = (await this.#get("/api/v2/alerts")) as readonly HeldAlert[];
    return alerts.find(({ labels }) => labels.alertname === alertname && labels.environment === environment);
  }

  /** Tells it of an alert, as a Prometheus does. */
  async fire(labels: Readonly<Record<string, string>>): Promise<void> {
    const answer = await fetch(new URL("/api/v2/alerts", this.#url), {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify([{ labels, annotations: { summary: "fired by a test" } }]),
    });
    assert.equal(answer.status, 200, await answer.text());
  }

  async #get(path: string): Promise<unknown> {
    const answer = await fetch(new URL(path, this.#url));
    assert.equal(answer.status, 200, path);
    return answer.json();
  }
}
