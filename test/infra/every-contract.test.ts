// The same of what a service's definition says, and of which services a stack has: see every-key.test.ts.
import assert from "node:assert/strict";
import { catalogue } from "../../stacks/catalogue.ts";
import type { ServiceDefinition } from "../../stacks/definition.ts";
import { otherValues, withValue } from "./every-key/changes.ts";
import { configurations } from "./every-key/full-stack.ts";
import type { Path } from "./every-key/keys.ts";
import {
  assertAppliedOrNamed,
  named,
  namedDuringRelease,
  outcome,
  provision,
  release,
  releasers,
  withSecrets,
  type Provisioned,
} from "./every-key/walk.ts";
import "./pulumi-globals.ts";

const services = catalogue as unknown as Record<string, ServiceDefinition>;
const { atom } = catalogue;
const sections = configurations["behind a gateway"] ?? {};

/** Every single value of a definition, by where it is. */
function valuesIn(value: unknown, path: Path = []): (readonly [Path, unknown])[] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  return Object.entries(value).flatMap(([key, inner]) => valuesIn(inner, [...path, key]));
}

/** Such values as a definition may have there. */
function othersAt(path: Path, value: unknown): unknown[] {
  const place = path.join(" ");
  if (place.includes("environment secrets")) return ["redisUrl", "tokenSecret"].filter((key) => key !== value);
  if (place.includes("environment labels")) return ["app.kubernetes.io/part-of"];
  if (place.endsWith("method")) return ["PUT"];
  if (place.includes("latencyEdges")) return [Number(value) + 1];
  return otherValues(value);
}

describe("what a service's definition says", function () {
  this.timeout(60_000);
  const { stackTraceLimit } = Error;
  let stack: Provisioned;
  let busy: Provisioned;
  before(async () => {
    Error.stackTraceLimit = 0;
    stack = await provision(withSecrets(sections));
    busy = await release(stack);
  });
  afterEach(() => {
    for (const name of Object.keys(services)) Reflect.deleteProperty(services, name);
    services.atom = atom;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  /** Settles what is accepted, and is nothing that a stack has. */
  const rulesAlone = "metrics latencyEdges ";

  for (const [path, value] of valuesIn(atom)) {
    const place = path.join(" ");
    if (place.startsWith(rulesAlone)) continue;
    it(`${place}, when it is changed, is applied or named`, async () => {
      services.atom = withValue<ServiceDefinition>(atom, path, othersAt(path, value)[0]);
      const { written, notes } = await outcome(stack, withSecrets(sections));
      assert.ok(written.length + notes.length > 0, "neither applied nor named");
    });
  }

  const changedWhole = (): ServiceDefinition =>
    valuesIn(atom)
      .filter(([path]) => !/latencyEdges|metrics path|environment|smoke/.test(path.join(" ")))
      .reduce<ServiceDefinition>((changed, [path, value]) => withValue(changed, path, othersAt(path, value)[0]), atom);

  it("becomes what a new stack has, or what is not is named", async () => {
    await assertAppliedOrNamed(stack, withSecrets(sections), named, () => {
      services.atom = changedWhole();
    });
  });

  it("waits for the end of a release, as far as it depends on it, and is named", async () => {
    await assertAppliedOrNamed(busy, busy.configuration, namedDuringRelease, () => {
      services.atom = changedWhole();
    });
    const { written } = await outcome(busy, busy.configuration);
    assert.deepEqual(
      written.filter((each) => releasers.test(`${each} `)),
      [],
    );
  });

  it("is, of another port, open before anything leads there, while the one before stays for what still needs it", async () => {
    services.atom = { ...atom, port: 9000 };
    for (const each of [stack, busy]) {
      const { after, notes } = await outcome(each, each.configuration);
      const specOf = (name: string, kind: string) =>
        [...after.values()].find(
          (resource) => resource.name === name && new RegExp(`^kubernetes:.*:${kind}$`).test(resource.type),
        )?.inputs.spec;
      const both = [
        { name: "http-9000", port: 9000, targetPort: "http", protocol: "TCP", appProtocol: "http" },
        { name: "http", port: 8000, targetPort: "http", protocol: "TCP", appProtocol: "http" },
      ];
      const held = each === busy;
      const one = [both[1]];
      for (const name of ["atom", "atom-blue", "atom-green"])
        assert.deepEqual((specOf(name, "Service") as { ports: unknown }).ports, held ? one : both);
      assert.match(JSON.stringify(specOf("atom-ingress", "NetworkPolicy")), /"port":9000\b.*"port":8000\b/);
      assert.match(
        notes.join("\n"),
        held ? /its Services get port 9000 beside 8000 once/ : /its Services have port 9000/,
      );
      assert.equal(JSON.stringify(specOf("atom-route", "VirtualService")).includes('"number":9000'), !held);
      assert.match(
        notes.join("\n"),
        held ? /at port 9000 as destinations, once release r-7/ : /at port 9000 as destinations, as/,
      );
    }
  });

  it("is, of a service that comes, goes or is renamed, applied whole", async () => {
    services.shop = atom;
    const two = withValue(sections, ["services", "shop"], (sections.services as Record<string, unknown>).atom);
    await assertAppliedOrNamed(stack, withSecrets(two), named);
    const both = await provision(withSecrets(two));
    const one = withValue(two, ["services", "atom"], undefined);
    await assertAppliedOrNamed(both, withSecrets(one), named);
    await assertAppliedOrNamed(stack, withSecrets(one), named);
  });
});
