import assert from "node:assert/strict";
import { planPorts, type ServicePorts } from "../../../components/service/ports.ts";
import { buildHttpRoutes } from "../../../components/routes/http-routes.ts";
import type { LiveRelease, LiveSlot } from "../../../components/slots/live-release.ts";
import { liveRelease, liveSlot, pastRelease, releaseUnderWay } from "../slots/live.ts";

/** A slot whose pods listen on a port, beside one for something else. */
function listening(containerPort: number, replicas: number): LiveSlot {
  const slot = liveSlot("old", replicas);
  const ports = [
    { name: "admin", containerPort: 1 },
    { name: "http", containerPort },
  ];
  return { ...slot, template: { ...slot.template, spec: { containers: [{ name: "atom", ports }] } } };
}

const routed = (port: number) => ({
  http: buildHttpRoutes(
    { service: "atom", port, timeout: 1_000, retries: { attempts: 0, perTryTimeout: 0, on: [] } },
    { active: "blue", candidateWeight: 0 },
  ),
});
const settled = (port: number): LiveRelease =>
  liveRelease({
    ...{ slots: { blue: listening(port, 2), green: listening(port, 0) }, routes: routed(port) },
    ports: [{ port, name: "http" }],
  });
const numbers = (ports: ServicePorts): number[] => ports.services.map(({ port }) => port);

describe("the ports of a service", () => {
  it("are the configured one on a first run, and where all that runs listens there", () => {
    const one = { services: [{ port: 8000, name: "http" }], held: false, pods: [8000], notes: [] };
    assert.deepEqual(planPorts("atom", 8000, undefined), one);
    assert.deepEqual(planPorts("atom", 8000, settled(8000)), one);
    assert.deepEqual(planPorts("atom", 8000, liveRelease()), one, "templates that say nothing of a port");
  });

  it("are also the one before, while pods listen there, and that is said", () => {
    assert.deepEqual(planPorts("atom", 9000, settled(8000)), {
      services: [
        { port: 9000, name: "http-9000" },
        { port: 8000, name: "http" },
      ],
      held: false,
      pods: [9000, 8000],
      notes: [
        "atom: its Services have port 9000 and, for as long as a version that listens there has pods or the routes name it, 8000. Callers inside the cluster have until then to use 9000.",
      ],
    });
    const released = liveRelease({
      ...{ ledger: { active: "green" }, routes: routed(9000) },
      slots: { blue: listening(8000, 0), green: listening(9000, 2) },
    });
    const ports = planPorts("atom", 9000, released);
    assert.deepEqual(
      [numbers(ports), ports.pods, ports.notes],
      [[9000], [9000, 8000], []],
      "blue can be scaled up by a rollback",
    );
  });

  it("stay as they are during a release, which is judged with them, and that is said", () => {
    const during = (port: number) => {
      const release = settled(8000);
      const ledger = { ...release.ledger, current: releaseUnderWay };
      const { held, pods, notes } = planPorts("atom", port, { ...release, ledger });
      return [held, pods, notes];
    };
    assert.deepEqual(during(8000), [true, [8000], []]);
    assert.deepEqual(during(9000), [
      ...[true, [9000, 8000]],
      ["atom: its Services get port 9000 beside 8000 once release r-7 has ended: run this again then."],
    ]);
  });

  it("are also those that the routes still name, whatever the pods listen on", () => {
    const slots = { blue: listening(9000, 2), green: undefined };
    const ports = planPorts("atom", 9000, liveRelease({ slots, routes: routed(8000) }));
    assert.deepEqual([numbers(ports), ports.pods], [[9000, 8000], [9000]]);
    const http = [{ route: [{ destination: { host: "elsewhere", port: { number: 7000 } } }] }];
    assert.deepEqual(numbers(planPorts("atom", 9000, liveRelease({ slots, routes: { http } }))), [9000]);
  });

  it("are open, for pods, at those of versions that a rollback can stage again", () => {
    const past = { ...pastRelease, outcome: "released" as const, podTemplate: { spec: listened(7000) } };
    const ports = planPorts("atom", 8000, liveRelease({ ledger: { releases: [past] } }));
    assert.deepEqual([numbers(ports), ports.pods], [[8000], [8000, 7000]]);
  });

  it("keep the names that they have, through a change, its end and its way back, and never share one", () => {
    const names = (configured: number, release: LiveRelease): [number, string][] =>
      planPorts("atom", configured, release).services.map(({ port, name }) => [port, name]);
    const changed = names(9000, settled(8000));
    assert.deepEqual(changed, [
      [9000, "http-9000"],
      [8000, "http"],
    ]);
    const ports = changed.map(([port, name]) => ({ port, name }));
    // It has come: the one before goes, and nothing is named anew.
    assert.deepEqual(names(9000, { ...settled(9000), ports }), [[9000, "http-9000"]]);
    // It is reverted before it came.
    assert.deepEqual(names(8000, { ...settled(8000), ports }), [[8000, "http"]]);
    // Back to where it was.
    assert.deepEqual(names(8000, { ...settled(9000), ports: [{ port: 9000, name: "http-9000" }] }), [
      [8000, "http-8000"],
      [9000, "http-9000"],
    ]);
    // As the version before this one named them.
    const earlier = [
      { port: 9000, name: "http" },
      { port: 8000, name: "http-8000" },
    ];
    assert.deepEqual(names(7000, { ...settled(9000), ports: earlier }), [
      [7000, "http-7000"],
      [9000, "http"],
    ]);
    // The Service was deleted, or somebody gave its ports other numbers.
    assert.deepEqual(names(9000, { ...settled(8000), ports: undefined }), [
      [9000, "http"],
      [8000, "http-8000"],
    ]);
    assert.deepEqual(names(9000, { ...settled(8000), ports: [{ port: 1, name: "web" }] }), [
      [9000, "http-9000"],
      [8000, "http-8000"],
    ]);
  });
});

const listened = (containerPort: number) => ({ containers: [{ ports: [{ name: "http", containerPort }] }] });
