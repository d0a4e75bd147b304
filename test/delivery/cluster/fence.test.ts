import assert from "node:assert/strict";
import { ForbiddenError, LeaseLostError, UnreachableError } from "../../../delivery/cluster/errors.ts";
import { Fence, fenceAnnotation, overtakenAnnotation } from "../../../delivery/cluster/fence.ts";
import { virtualServices, type VirtualService } from "../../../delivery/cluster/resources.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { VirtualClock } from "../support/virtual-clock.ts";

const name = { namespace: "atom-staging", name: "atom" };

describe("the fence", () => {
  let clock: VirtualClock;
  let cluster: MemoryCluster;

  beforeEach(() => {
    clock = new VirtualClock();
    cluster = new MemoryCluster();
    cluster.put(virtualServices, { metadata: { ...name, annotations: { other: "kept" } }, spec: { hosts: ["a"] } });
  });

  function fence(number: number, check: () => void = () => undefined): Fence {
    return new Fence({ cluster: cluster.client(`releaser ${number}`), clock, fence: number, check });
  }

  function annotations(): Readonly<Record<string, string>> {
    return cluster.peek(virtualServices, name).metadata.annotations ?? {};
  }

  const setHttp =
    (value: string) =>
    ({ spec }: VirtualService): Readonly<Record<string, unknown>> | undefined =>
      spec?.http?.[0] === value ? undefined : { spec: { http: [value] } };

  it("stamps what it writes and keeps what is there", async () => {
    const stored = await fence(2).write(virtualServices, name, setHttp("x"));
    assert.deepEqual(stored.spec, { hosts: ["a"], http: ["x"] });
    assert.deepEqual(annotations(), { other: "kept", [fenceAnnotation]: "2" });
  });

  it("writes nothing where nothing is to be done", async () => {
    const writer = fence(2);
    await writer.write(virtualServices, name, setHttp("x"));
    await writer.write(virtualServices, name, setHttp("x"));
    await writer.stamp(virtualServices, name);
    assert.equal(cluster.writes.length, 1);
  });

  it("shuts out an earlier releaser, by what is read", async () => {
    const early = fence(1);
    await fence(2).stamp(virtualServices, name);
    await assert.rejects(early.write(virtualServices, name, setHttp("x")), {
      name: "LeaseLostError",
      how: "taken",
      message: "The release lease is lost: virtualservices/atom-staging/atom belongs to releaser 2, and this is 1",
    });
    assert.equal(await early.stamp(virtualServices, name), 2, "it bears the later one's number");
    assert.equal(annotations()[fenceAnnotation], "2");
  });

  it("shuts out an earlier releaser between its read and its patch, and with what it saw long ago", async () => {
    const early = fence(1);
    await early.write(virtualServices, name, setHttp("x"));
    let once = true;
    cluster.before = async ({ verb, by }) => {
      if (verb !== "patch" || by !== "releaser 1" || !once) return;
      once = false;
      await fence(2).stamp(virtualServices, name);
    };
    await assert.rejects(early.write(virtualServices, name, setHttp("y")), LeaseLostError);
    await assert.rejects(early.write(virtualServices, name, setHttp("z")), LeaseLostError);
    assert.deepEqual(cluster.peek(virtualServices, name).spec?.http, ["x"]);
  });

  it("builds its change anew when somebody else changed the object, without a pause", async () => {
    const writer = fence(1);
    await writer.write(virtualServices, name, setHttp("x"));
    const live = cluster.peek(virtualServices, name);
    cluster.put(virtualServices, { ...live, spec: { ...live.spec, hosts: ["b"] } });
    const stored = await writer.write(virtualServices, name, setHttp("y"));
    assert.deepEqual(stored.spec, { hosts: ["b"], http: ["y"] });
    assert.equal(clock.monotonic(), 0);
  });

  it("makes the way back with one patch and no read, once it knows the object", async () => {
    const writer = fence(1);
    await writer.write(virtualServices, name, setHttp("x"));
    const calls: string[] = [];
    cluster.before = ({ verb }) => void calls.push(verb);
    await writer.write(virtualServices, name, setHttp("y"));
    assert.deepEqual(calls, ["patch"]);
  });

  it("does a thing once even if its answer gets lost", async () => {
    let lost = false;
    cluster.after = ({ verb }) => {
      if (verb !== "patch" || lost) return;
      lost = true;
      throw new UnreachableError({ verb, target: "atom" }, "the answer got lost");
    };
    await clock.settle(fence(1).write(virtualServices, name, setHttp("x")));
    assert.equal(cluster.writes.length, 1);
  });

  it("waits for what it has sent, though its caller gives up meanwhile, and sends nothing after that", async () => {
    const caller = new AbortController();
    cluster.before = ({ verb }) => {
      if (verb === "patch") caller.abort(new Error("given up"));
    };
    const writer = fence(1);
    const stored = await writer.write(virtualServices, name, setHttp("x"), { signal: caller.signal });
    assert.deepEqual(stored.spec?.http, ["x"]);
    await assert.rejects(writer.write(virtualServices, name, setHttp("y"), { signal: caller.signal }), /given up/);
    assert.equal(cluster.writes.length, 1);
  });

  describe("with a patch that is held on its way", () => {
    /** Holds the first patch, as an admission webhook does, until it is let go; its writer has been called off meanwhile. */
    async function held(writer: Fence, value: string) {
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const sent = Promise.withResolvers<undefined>();
      let isFirst = true;
      cluster.before = async ({ verb }) => {
        if (verb !== "patch" || !isFirst) return;
        isFirst = false;
        sent.resolve(undefined);
        await promise;
      };
      const caller = new AbortController();
      const writing = writer.write(virtualServices, name, setHttp(value), { signal: caller.signal });
      const ended = writing.then(
        () => "written",
        (error: unknown) => (error as Error).message,
      );
      await sent.promise;
      caller.abort(new Error("called off"));
      return {
        land: () => {
          resolve(undefined);
          return ended;
        },
      };
    }
    const http = (): unknown => cluster.peek(virtualServices, name).spec?.http;

    it("has it refused once the object is to stay as it is, and does so once", async () => {
      const writer = fence(1);
      await writer.write(virtualServices, name, setHttp("active"));
      const late = await held(writer, "candidate");
      await writer.write(virtualServices, name, setHttp("active"));
      await writer.write(virtualServices, name, setHttp("active"));
      assert.equal(await late.land(), "called off");
      assert.deepEqual([http(), cluster.writes.length], [["active"], 2]);
      assert.match(annotations()[overtakenAnnotation] ?? "", /^\d+$/);
      // Nothing is on its way any more.
      await writer.write(virtualServices, name, setHttp("active"));
      assert.equal(cluster.writes.length, 2);
    });

    it("puts back what it did where it lands while the object is overtaken", async () => {
      const writer = fence(1);
      await writer.write(virtualServices, name, setHttp("active"));
      const late = await held(writer, "candidate");
      const { before } = cluster;
      cluster.before = async (call) => {
        if (call.verb !== "patch") return;
        cluster.before = before;
        await late.land();
      };
      await clock.settle(writer.write(virtualServices, name, setHttp("active")));
      assert.deepEqual(http(), ["active"]);
    });

    it("knows of it for as long as nobody has answered: the connection may be gone, and the patch is not", async () => {
      const writer = fence(1);
      await writer.write(virtualServices, name, setHttp("active"));
      const live = cluster.peek(virtualServices, name);
      let lands = (): unknown => undefined;
      cluster.before = ({ verb, by, plural, name: of }) => {
        if (verb !== "patch") return;
        cluster.before = () => undefined;
        const { resourceVersion } = live.metadata;
        const body = { metadata: { resourceVersion }, spec: { http: ["candidate"] } };
        lands = () => cluster.serve({ verb, by, plural, name: of }, virtualServices, name, { type: "merge", body });
        throw new UnreachableError({ verb, target: "atom" }, "no answer in time");
      };
      const gone = writer.write(virtualServices, name, setHttp("candidate"), { timeout: 0 });
      await assert.rejects(clock.settle(gone), { name: "UnreachableError" });
      await writer.write(virtualServices, name, setHttp("active"));
      assert.throws(lands, { name: "ConflictError" });
      assert.deepEqual(http(), ["active"]);
    });

    it("leaves the object as it is where somebody else has changed it since, or the patch was refused", async () => {
      const writer = fence(1);
      await writer.write(virtualServices, name, setHttp("active"));
      cluster.before = ({ verb }) => {
        if (verb === "patch") throw new ForbiddenError({ verb, target: "atom", status: 403 }, "no");
      };
      await assert.rejects(writer.write(virtualServices, name, setHttp("candidate")), ForbiddenError);
      cluster.before = () => undefined;
      await writer.write(virtualServices, name, setHttp("active"));
      assert.equal(cluster.writes.length, 1);
      const late = await held(writer, "candidate");
      cluster.put(virtualServices, {
        ...cluster.peek(virtualServices, name),
        spec: { http: ["active"], hosts: ["b"] },
      });
      await writer.write(virtualServices, name, setHttp("active"));
      assert.equal(cluster.writes.length, 1);
      assert.equal(await late.land(), "called off");
      assert.deepEqual(http(), ["active"]);
    });

    it("says so where the object cannot be given another version", async () => {
      const writer = fence(1);
      await writer.write(virtualServices, name, setHttp("active"));
      await held(writer, "candidate");
      cluster.before = ({ verb }) => {
        if (verb === "patch") throw new ForbiddenError({ verb, target: "atom", status: 403 }, "no");
      };
      await assert.rejects(writer.write(virtualServices, name, setHttp("active")), ForbiddenError);
    });
  });

  it("asks for the lease before every patch", async () => {
    let asked = 0;
    const writer = fence(1, () => {
      asked += 1;
      if (asked === 2) throw new LeaseLostError("expired", "by the clock");
    });
    await assert.rejects(writer.write(virtualServices, name, setHttp("x")), { how: "expired" });
    assert.deepEqual(cluster.writes, []);
  });

  it("gives up on what it cannot reach in time, and stamps nothing where there is nothing", async () => {
    await fence(1).stamp(virtualServices, { ...name, name: "none" });
    cluster.before = ({ verb }) => {
      throw new UnreachableError({ verb, target: "atom" }, "refused");
    };
    const writing = fence(1).write(virtualServices, name, setHttp("x"), { timeout: 2_000 });
    await assert.rejects(clock.settle(writing), { name: "UnreachableError" });
    assert.ok(clock.monotonic() <= 2_000);
  });

  it("puts its number over one that somebody made unreadable", async () => {
    cluster.put(virtualServices, { metadata: { ...name, annotations: { [fenceAnnotation]: "mine!" } } });
    await fence(3).stamp(virtualServices, name);
    assert.equal(annotations()[fenceAnnotation], "3");
  });
});
