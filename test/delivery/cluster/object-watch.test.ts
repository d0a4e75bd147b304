import assert from "node:assert/strict";
import { watchObject } from "../../../delivery/cluster/object-watch.ts";
import { configMaps, type ConfigMap } from "../../../delivery/cluster/resources.ts";
import { MemoryCluster, type Call } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const name = { namespace: "atom-staging", name: "atom" };

/** One watch of one ConfigMap. */
class Watched implements Disposable {
  readonly clock = new VirtualClock();
  readonly cluster = new MemoryCluster();
  /** What the ConfigMap said, each time that it was told of. */
  readonly seen: (string | undefined)[] = [];
  /** `+`: connected, else why not. */
  readonly connections: string[] = [];
  readonly calls: Pick<Call, "verb">["verb"][] = [];
  readonly #stop = new AbortController();

  constructor() {
    this.cluster.clock = this.clock;
    this.cluster.before = ({ verb }) => {
      this.calls.push(verb);
    };
  }

  start(): void {
    watchObject<ConfigMap>(
      {
        cluster: this.cluster.client(),
        clock: this.clock,
        resource: configMaps,
        name,
        onObject: (object) => this.seen.push(object?.data?.value),
        onConnected: () => this.connections.push("+"),
        onDisconnected: (why) => this.connections.push(why),
      },
      this.#stop.signal,
    ).catch(() => undefined);
  }

  put(value: string, of = name): void {
    this.cluster.put(configMaps, { metadata: of, data: { value } });
  }

  [Symbol.dispose](): void {
    this.#stop.abort(new Error("the test is over"));
  }
}

describe("the watch of one object", () => {
  it("tells how it is and then each change of it, and of no other object", async () => {
    using watched = new Watched();
    watched.put("1");
    watched.start();
    await watched.clock.pass(1);
    watched.put("2");
    watched.put("other", { ...name, name: "ion" });
    await watched.clock.pass(1);
    assert.deepEqual(watched.seen, ["1", "2"]);
    assert.deepEqual(watched.connections, ["+"]);
    await watched.cluster.client().delete(configMaps, name);
    await watched.clock.pass(1);
    assert.deepEqual(watched.seen, ["1", "2", undefined]);
  });

  it("misses nothing between two watches, lists once, and asks less than once in ten seconds", async () => {
    using watched = new Watched();
    watched.put("1");
    watched.start();
    for (let count = 2; count < 50; count += 1) {
      await watched.clock.pass(1_777);
      watched.put(String(count));
    }
    await watched.clock.pass(200);
    assert.deepEqual(
      watched.seen,
      Array.from({ length: 49 }, (_, index) => String(index + 1)),
    );
    assert.deepEqual([...new Set(watched.connections)], ["+"]);
    assert.equal(watched.calls.filter((verb) => verb === "list").length, 1);
    assert.ok(watched.calls.length <= 10, `${watched.calls.length} requests in 85 s`);
  });

  it("goes on at once where it was cut off", async () => {
    using watched = new Watched();
    watched.put("1");
    watched.start();
    await watched.clock.pass(6_000);
    watched.cluster.cutWatches();
    watched.put("2");
    await watched.clock.pass(150);
    assert.deepEqual(watched.seen, ["1", "2"]);
    assert.deepEqual(watched.connections, ["+", "watch all: cut off", "+"]);
  });

  it("lists again where the API server no longer knows the version", async () => {
    using watched = new Watched();
    watched.put("1");
    watched.start();
    await watched.clock.pass(6_000);
    watched.cluster.before = ({ verb }) => {
      watched.calls.push(verb);
      // What happens while it is away is forgotten before it is back.
      if (watched.calls.filter((each) => each === "watch").length !== 2 || verb !== "watch") return;
      watched.put("2");
      watched.cluster.forgetHistory();
    };
    watched.cluster.cutWatches();
    await watched.clock.pass(1_000);
    assert.deepEqual(watched.seen, ["1", "2"]);
    assert.deepEqual(watched.calls, ["list", "watch", "watch", "list", "watch"]);
    assert.equal(watched.connections.at(-1), "+");
  });

  it("says so when the API server does not answer, and tries again with growing pauses", async () => {
    using watched = new Watched();
    watched.put("1");
    watched.cluster.before = ({ verb }) => {
      watched.calls.push(verb);
      return verb === "watch" ? new Promise(() => undefined) : undefined;
    };
    watched.start();
    await watched.clock.pass(3_050);
    assert.deepEqual(watched.connections, ["the watch of configmaps atom got no answer within 3 s"]);
    await watched.clock.pass(60_000);
    assert.ok(watched.calls.length < 15, `${watched.calls.length} requests in a minute`);
    watched.cluster.before = () => undefined;
    watched.put("2");
    await watched.clock.pass(8_100);
    assert.deepEqual([watched.seen.at(-1), watched.connections.at(-1)], ["2", "+"]);
  });

  it("finds out within seconds that a connection died in silence", async () => {
    using watched = new Watched();
    watched.cluster.clock = undefined;
    watched.put("1");
    watched.start();
    await watched.clock.pass(13_050);
    assert.deepEqual(watched.connections, ["+", "not done within 13 s"]);
  });

  it("does not ask again and again where each watch ends at once", async () => {
    using watched = new Watched();
    watched.put("1");
    watched.start();
    const end = new AbortController();
    const cutting = async (): Promise<void> => {
      for (;;) {
        await watched.clock.sleep(10, end.signal);
        watched.cluster.cutWatches();
      }
    };
    cutting().catch(() => undefined);
    await watched.clock.pass(60_000);
    end.abort(new Error("enough"));
    assert.ok(watched.calls.length < 22, `${watched.calls.length} requests in a minute`);
  });
});
