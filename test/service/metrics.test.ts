import assert from "node:assert/strict";
import { RunningService } from "./running-service.ts";

describe("The metrics page", () => {
  let service: RunningService;
  beforeEach(async () => {
    service = await RunningService.start();
  });
  afterEach(() => service[Symbol.asyncDispose]());

  async function series(pattern: RegExp): Promise<readonly string[]> {
    const { body } = await service.get("/metrics");
    return String(body)
      .split("\n")
      .filter((line) => pattern.test(line));
  }

  it("has the content type that Prometheus asks for, and needs no token", async () => {
    const { status, headers } = await service.get("/metrics");
    assert.equal(status, 200);
    assert.equal(headers.get("content-type"), "text/plain; version=0.0.4; charset=utf-8");
  });

  it("counts requests by method, route and status, and says which slot and version answered", async () => {
    await service.get("/api/skills?limit=1");
    await service.get("/api/skills?limit=2");
    assert.deepEqual(await series(/^http_requests_total\{.*skills/), [
      'http_requests_total{method="GET",route="/api/skills",status="401",slot="blue",version="1.2.3"} 2',
    ]);
  });

  it("keeps probes and scrapes apart by their routes", async () => {
    await service.get("/health/live");
    await service.get("/metrics");
    const routes = (await series(/^http_requests_total/)).map((line) => /route="([^"]*)"/.exec(line)?.[1]);
    assert.deepEqual(routes.sort(), ["/health/live", "/metrics"]);
  });

  it("has one route for all that is unmatched, and one method for all that are unusual", async () => {
    for (let index = 0; index < 5; index += 1) await service.get(`/stranger/${index}`);
    await service.request("DELETE", "/api/skills");
    await service.request("PROPFIND", "/api/skills");
    assert.deepEqual([...(await series(/^http_requests_total\{.*unmatched/))].sort(), [
      'http_requests_total{method="DELETE",route="unmatched",status="405",slot="blue",version="1.2.3"} 1',
      'http_requests_total{method="GET",route="unmatched",status="404",slot="blue",version="1.2.3"} 5',
      'http_requests_total{method="OTHER",route="unmatched",status="405",slot="blue",version="1.2.3"} 1',
    ]);
  });

  it("has edges exactly at the latency objectives of both environments", async () => {
    await service.get("/health/live");
    const edges = (await series(/^http_request_duration_seconds_bucket\{.*health\/live/)).map(
      (line) => /le="([^"]*)"/.exec(line)?.[1],
    );
    const expected = ["0.005", "0.01", "0.025", "0.05", "0.1", "0.2", "0.35", "0.5", "1", "2.5", "5", "10", "+Inf"];
    assert.deepEqual(edges, expected);
  });

  it("says when the process started, so that a restart can be told from a reset", async () => {
    assert.equal((await series(/^process_start_time_seconds\{/)).length, 1);
  });
});
