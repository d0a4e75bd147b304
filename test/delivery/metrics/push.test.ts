import assert from "node:assert/strict";
import { metricsEndpoint, MetricsEndpointError, PushError, pushMetrics } from "../../../delivery/metrics/push.ts";
import { deafUrl, serve } from "../support/loopback.ts";

const { signal } = new AbortController();
const group = { environment: "staging", service: "atom" };

describe("pushing metrics", () => {
  it("replaces the whole group, which is the same for every run, with the token as a header", async () => {
    await using server = await serve((_request, response) => response.writeHead(200).end());
    const url = new URL("/gateway/", server.url);
    await pushMetrics("a 1\n", { url, token: "s3cret" }, group, signal);
    await pushMetrics("a 2\n", { url }, group, signal);
    assert.deepEqual(
      server.received.map(({ method, path, headers, body }) => [method, path, headers.authorization, body]),
      [
        ["PUT", "/gateway/metrics/job/atom/environment/staging/service/atom", "Bearer s3cret", "a 1\n"],
        ["PUT", "/gateway/metrics/job/atom/environment/staging/service/atom", undefined, "a 2\n"],
      ],
    );
  });

  it("tells what the gateway said, without the token, and that nobody is there", async () => {
    await using server = await serve(({ headers }, response) =>
      response.writeHead(400).end(`no: ${String(headers.authorization)}`),
    );
    await assert.rejects(pushMetrics("a", { url: server.url, token: "s3cret" }, group, signal), (error: Error) => {
      assert.ok(error instanceof PushError);
      assert.match(error.message, /answered 400: no: /);
      assert.doesNotMatch(error.message, /s3cret/);
      return true;
    });
    await assert.rejects(pushMetrics("a", { url: await deafUrl() }, group, signal), PushError);
  });

  it("goes where METRICS_ENDPOINT says, or nowhere, and takes no password in an address", () => {
    assert.equal(metricsEndpoint({}), undefined);
    assert.equal(metricsEndpoint({ METRICS_ENDPOINT: "", METRICS_TOKEN: "t" }), undefined);
    const endpoint = metricsEndpoint({ METRICS_ENDPOINT: "http://push.test:9091/x", METRICS_TOKEN: "t" });
    assert.deepEqual([endpoint?.url.href, endpoint?.token], ["http://push.test:9091/x", "t"]);
    for (const bad of ["push.test:9091", "ftp://push.test", "http://anna:s3cret@push.test", "nonsense"])
      assert.throws(
        () => metricsEndpoint({ METRICS_ENDPOINT: bad }),
        (error: Error) => error instanceof MetricsEndpointError && !error.message.includes("s3cret"),
      );
  });
});
