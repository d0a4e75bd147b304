import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import type { WatchEvent } from "../../delivery/cluster/api.ts";
import { ClusterClient } from "../../delivery/cluster/client.ts";
import { Connection } from "../../delivery/cluster/connection.ts";
import { watchObject } from "../../delivery/cluster/object-watch.ts";
import { configMaps, type ConfigMap } from "../../delivery/cluster/resources.ts";
import { systemClock as clock } from "../../delivery/clock/system-clock.ts";
import { CONTEXT, controlPlane, FIRST_START_MS, type ControlPlane } from "../support/control-plane.ts";
import { eventually } from "../support/eventually.ts";

/** What the releaser relies on to be told of changes: versions, bookmarks, the end of a watch, selection by name. */
describe("watching on a real API server", function () {
  this.timeout(60_000);

  let plane: ControlPlane;
  let connection: Connection;
  let cluster: ClusterClient;
  let namespace: string;

  before(async function () {
    this.timeout(FIRST_START_MS);
    plane = await controlPlane();
    connection = Connection.open({ kubeconfig: plane.kubeconfig, context: CONTEXT });
    cluster = new ClusterClient(connection, clock);
    namespace = `watch-${randomBytes(4).toString("hex")}`;
    await plane.kubectl.run(["create", "namespace", namespace]);
  });

  after(async () => {
    await plane.kubectl.run(["delete", "namespace", namespace, "--wait=false"]);
    connection.close();
  });

  it("follows one object through its making, changes and end, by its name, over the ends of watches", async () => {
    const name = { namespace, name: "atom" };
    const stop = new AbortController();
    const seen: (string | undefined)[] = [];
    const connections: string[] = [];
    const watching = watchObject<ConfigMap>(
      {
        ...{ cluster, clock, resource: configMaps, name },
        onObject: (object) => seen.push(object?.data?.value),
        onConnected: () => connections.push("+"),
        onDisconnected: (why) => connections.push(why),
      },
      stop.signal,
    );
    const ended = assert.rejects(watching, /the test is over/);
    await eventually("the watch is open", () => connections[0]);
    await cluster.create(configMaps, { metadata: { ...name, name: "ion" }, data: { value: "another" } });
    await cluster.create(configMaps, { metadata: name, data: { value: "1" } });
    await cluster.patch(configMaps, name, { type: "merge", body: { data: { value: "2" } } });
    await eventually("both were told", () => (seen.length >= 3 ? true : undefined));
    await eventually("the watch was ended and opened again", () => connections[1]);
    await cluster.delete(configMaps, name);
    await eventually("the end was told", () => (seen.length >= 4 ? true : undefined));
    stop.abort(new Error("the test is over"));
    await ended;
    assert.deepEqual(seen, [undefined, "1", "2", undefined]);
    assert.deepEqual([...new Set(connections)], ["+"]);
  });

  it("ends when it was asked to, having told of nothing that it was not asked about", async () => {
    const where = { namespace, fields: "metadata.name=quiet" };
    const { resourceVersion } = await cluster.listVersioned(configMaps, where);
    await cluster.create(configMaps, { metadata: { namespace, name: "loud" } });
    const events: WatchEvent<ConfigMap>[] = [];
    const opened: string[] = [];
    await cluster.watch(configMaps, where, {
      ...{ resourceVersion, seconds: 2 },
      onOpen: () => opened.push("open"),
      onEvent: (event) => events.push(event),
    });
    assert.deepEqual(opened, ["open"]);
    // Whether there is a bookmark is up to the API server.
    assert.deepEqual(
      events.filter(({ type }) => type !== "BOOKMARK"),
      [],
    );
  });
});
