import assert from "node:assert/strict";
import { OpenLoop, type KeptAnswer } from "../../bench/load/open-loop.ts";
import { serve } from "../delivery/support/loopback.ts";
import { eventually } from "../support/eventually.ts";

const options = { headers: { host: "bench.test" }, perSecond: 500, keepStatus: 555 };

describe("An open-loop load", () => {
  it("goes on sending at its rate while nobody answers", async () => {
    await using server = await serve(() => undefined);
    const start = performance.now();
    const loop = new OpenLoop({ ...options, url: server.url.href });
    try {
      await eventually("a hundred requests had come", () => (server.received.length >= 100 ? true : undefined));
      const seconds = (performance.now() - start) / 1_000;
      const due = seconds * options.perSecond;
      assert.ok(server.received.length + loop.take().skipped <= due + 1, `${server.received.length} of ${due}`);
    } finally {
      loop.stop();
    }
  });

  it("tells once what its clients saw, and when the answers with the status that is kept came", async () => {
    let answered = 0;
    await using server = await serve(({ headers }, response) => {
      assert.equal(headers.host, "bench.test");
      answered += 1;
      response.statusCode = answered === 1 ? 555 : 401;
      response.end();
    });
    const before = Date.now();
    const loop = new OpenLoop({ ...options, url: server.url.href });
    let requests = 0;
    const kept: KeptAnswer[] = [];
    try {
      await eventually("ten answers had come", () => {
        const taken = loop.take();
        requests += taken.requests;
        kept.push(...taken.kept);
        assert.ok(Object.keys(taken.statuses).every((status) => ["401", "555"].includes(status)));
        return requests >= 10 ? true : undefined;
      });
    } finally {
      loop.stop();
    }
    assert.equal(kept.length, 1);
    const [answer] = kept;
    assert.ok(
      answer && before <= answer.sentAt && answer.sentAt <= answer.answeredAt && answer.answeredAt <= Date.now(),
    );
  });

  it("counts a request without an answer as one with the status 0", async () => {
    await using server = await serve((_request, response) => {
      response.socket?.destroy();
    });
    const loop = new OpenLoop({ ...options, url: server.url.href });
    try {
      await eventually("a request had failed", () => ((loop.take().statuses[0] ?? 0) > 0 ? true : undefined));
    } finally {
      loop.stop();
    }
  });
});
