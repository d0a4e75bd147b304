import assert from "node:assert/strict";
import type http from "node:http";
import {
  describeTraffic,
  todaysTraffic,
  trafficQuery,
  type TrafficSources,
} from "../../../delivery/forecast/traffic.ts";
import { PodGuard } from "../../../delivery/guard/pod-guard.ts";
import { PodSilentError } from "../../../delivery/guard/pod-source.ts";
import type { Pod } from "../../../delivery/cluster/resources.ts";
import type { Clock } from "../../../delivery/release/ports.ts";
import { answerVector, clientOf, parametersOf } from "../prometheus/fake-prometheus.ts";
import { SkippingClock } from "../support/clocks.ts";
import { FakePod, FakePods } from "../support/fake-pods.ts";
import { serve, type Received } from "../support/loopback.ts";
import { releasePlan } from "../support/plans.ts";

const plan = releasePlan();
const none = { ok: false, why: "PROMETHEUS_URL is not set" } as const;

/** Two pods that serve, of which each gets ten requests a second. */
class Served extends FakePods {
  readonly serving: FakePod[];
  readonly clock: Clock;
  readonly #time = new SkippingClock();

  constructor() {
    const serving = [new FakePod("blue-1", "blue"), new FakePod("blue-2", "blue")];
    super(...serving, new FakePod("green-1", "green"));
    this.serving = serving;
    this.clock = {
      now: () => this.#time.now(),
      monotonic: () => this.#time.monotonic(),
      // A deadline that runs beside the readings must not move the clock on by itself.
      sleep: (ms, stop) => (ms >= 10_000 ? this.#reached(ms, stop) : this.#time.sleep(ms, stop)),
    };
  }

  sources(changes: Partial<TrafficSources> = {}): TrafficSources {
    const { clock } = this;
    const guard = new PodGuard({ source: this, clock });
    return { prometheus: none, guard, clock, plan, active: "blue", ...changes };
  }

  override read(pod: Pod): Promise<string> {
    for (const { served } of this.serving) served.splice(0, 1, { count: Math.floor(this.#time.monotonic() / 100) });
    return super.read(pod);
  }

  async #reached(ms: number, stop: AbortSignal): Promise<void> {
    const end = this.#time.monotonic() + ms;
    while (this.#time.monotonic() < end) {
      stop.throwIfAborted();
      await new Promise(setImmediate);
    }
  }
}

const { signal } = new AbortController();

/** What a Prometheus that answers so lets us know. */
async function asked(answer: (response: http.ServerResponse) => void, changes: Partial<TrafficSources> = {}) {
  const received: Received[] = [];
  await using server = await serve((request, response) => {
    received.push(request);
    answer(response);
  });
  using prometheus = clientOf(server.url);
  const traffic = await todaysTraffic(
    new Served().sources({ prometheus: { ok: true, client: prometheus.client }, ...changes }),
    signal,
  );
  return { traffic, received };
}

describe("today's traffic", () => {
  it("is what Prometheus counted over five minutes, probes and scrapes left out", async () => {
    const { traffic, received } = await asked((response) => {
      answerVector(response, 48.5);
    });
    assert.deepEqual(traffic, { known: true, perSecond: 48.5, from: "prometheus" });
    assert.equal(describeTraffic(traffic), "Prometheus, over the last 5 minutes");
    assert.equal(parametersOf(received[0]!).query, trafficQuery(plan.namespace, plan.service));
    assert.match(
      trafficQuery("atom-staging", "atom"),
      /^sum\(rate\(http_requests_total\{namespace="atom-staging",job="atom",route!~"[^"]*\/health[^"]*"\}\[5m\]\)\)$/,
    );
  });

  it("is 0 when nobody asks for anything, which is not the same as not to know", async () => {
    const { traffic } = await asked((response) => {
      answerVector(response, 0);
    });
    assert.deepEqual(traffic, { known: true, perSecond: 0, from: "prometheus" });
  });

  it("is what the pods count in five seconds where Prometheus has no series, or is away", async () => {
    const { traffic } = await asked((response) => {
      answerVector(response);
    });
    assert.deepEqual(traffic, { known: true, perSecond: 20, from: "pods" });
    assert.equal(describeTraffic(traffic), "the pods' counters, over 5 seconds");
    assert.deepEqual(await todaysTraffic(new Served().sources(), signal), traffic);
  });

  it("is not known where a serving pod does not tell, and says why", async () => {
    const served = new Served();
    served.serving[1]!.failure = new PodSilentError("connect ECONNREFUSED", true);
    const traffic = await todaysTraffic(served.sources(), signal);
    assert.equal(traffic.known, false);
    assert.match(
      describeTraffic(traffic),
      /^no Prometheus: PROMETHEUS_URL is not set; 1 of the 2 pods in blue tell what they served \(.*ECONNREFUSED.*\)$/,
    );
  });

  it("counts both slots while a release is under way", async () => {
    const served = new Served();
    const green = served.pods.at(-1)!;
    served.serving.push(green);
    const candidate = { slot: "green", template: green.template, version: "2", image: "atom:2" } as const;
    assert.deepEqual(await todaysTraffic(served.sources({ candidate }), signal), {
      known: true,
      perSecond: 30,
      from: "pods",
    });
  });

  it("is not waited for any longer when the signal fires", async () => {
    const abort = new AbortController();
    const reason = new Error("Ctrl-C");
    abort.abort(reason);
    await assert.rejects(todaysTraffic(new Served().sources(), abort.signal), reason);
  });
});
