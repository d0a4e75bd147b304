import type http from "node:http";
import {
  PrometheusClient,
  type PrometheusClientOptions,
  type RequestRecord,
} from "../../../delivery/prometheus/client.ts";
import { connectionsTo } from "../../../delivery/http/request.ts";
import { SkippingClock } from "../support/clocks.ts";
import { answerJson, type Received } from "../support/loopback.ts";

/** The parameters of a request, as Prometheus reads them from a form. */
export function parametersOf({ body }: Received): Record<string, string> {
  return Object.fromEntries(new URLSearchParams(body));
}

/** Answers a query with one series for each value. */
export function answerVector(response: http.ServerResponse, ...values: readonly (number | string)[]): void {
  const result = values.map((value, index) => ({ metric: { series: String(index) }, value: [1, String(value)] }));
  answerJson(response, { status: "success", data: { resultType: "vector", result } });
}

export function answerScalar(response: http.ServerResponse, value: number | string): void {
  answerJson(response, { status: "success", data: { resultType: "scalar", result: [1, String(value)] } });
}

export interface TestClient extends Disposable {
  readonly client: PrometheusClient;
  readonly clock: SkippingClock;
  readonly records: readonly RequestRecord[];
}

/** A client whose pauses take no time. */
export function clientOf(url: URL, options: Partial<PrometheusClientOptions> = {}): TestClient {
  const clock = new SkippingClock();
  const agent = connectionsTo(url);
  const records: RequestRecord[] = [];
  const client = new PrometheusClient({ url, agent, clock, onRequest: (record) => records.push(record), ...options });
  return {
    client,
    clock,
    records,
    [Symbol.dispose]() {
      agent.destroy();
    },
  };
}
