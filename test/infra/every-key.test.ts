// Law 16 of preview and `up`: what the stack's file says and a run does not do has a line. Every key of the schema is found there by itself.
import assert from "node:assert/strict";
import { RouterChangedError } from "../../infra/cluster/errors.ts";
import { stackSchema } from "../../infra/config/schema.ts";
import { parseStackConfig } from "../../infra/config/parse.ts";
import { knownSecrets, usableSecrets } from "../../infra/config/secrets.ts";
import { changesOf, withValue } from "./every-key/changes.ts";
import { configurations, stack } from "./every-key/full-stack.ts";
import { keysOf, type Key, type Path } from "./every-key/keys.ts";
import { liveOf, type Sections } from "./every-key/provisioned.ts";
import {
  assertAppliedOrNamed,
  named,
  namedDuringRelease,
  outcome,
  provision,
  release,
  releasers,
  routersOf,
  withSecrets,
  type Provisioned,
} from "./every-key/walk.ts";
import "./pulumi-globals.ts";

/** Keys of which only this stack has something: the environment is named at GitHub. */
const inFull = ["environment"];

/** Keys that decide what is accepted, and are nothing that a stack has. */
const rulesAlone = ["github.plan"];

/** Keys whose other values are refused on a stack that runs. */
const refused = ["services.*.routes.router"];

function isAccepted(sections: Sections): boolean {
  try {
    parseStackConfig(stack, { values: sections, secrets: knownSecrets() });
    return true;
  } catch {
    return false;
  }
}

/** Whether a value is another one, also once it has its defaults. */
function differs(before: Sections, after: Sections): boolean {
  return JSON.stringify(stackSchema.parse(before)) !== JSON.stringify(stackSchema.parse(after));
}

function firstAccepted(sections: Sections, options: readonly (readonly [Path, unknown])[]): Sections | undefined {
  return options
    .map(([path, value]) => withValue(sections, path, value))
    .find((changed) => isAccepted(changed) && differs(sections, changed));
}

/** As many changes at once as go together. */
function allChanged(sections: Sections, keys: readonly Key[], hows: readonly string[]): Sections {
  return keys.reduce((changed, key) => {
    const options = Object.entries(changesOf(key)).flatMap(([how, each]) => (hows.includes(how) ? each : []));
    try {
      return firstAccepted(changed, options) ?? changed;
    } catch {
      // What it was part of is gone already.
      return changed;
    }
  }, sections);
}

const all = Object.entries(configurations).map(([name, sections]) => ({ name, sections, keys: keysOf(sections) }));
/** The smallest stack that has the key. */
const placeOf = (pattern: string) =>
  (inFull.includes(pattern) ? all.slice(0, 1) : all).findLast(({ keys }) =>
    keys.some((key) => key.pattern === pattern && key.path !== undefined),
  );

describe("every key of a stack's schema", function () {
  this.timeout(60_000);
  const stacks = new Map<string, Promise<Provisioned>>();
  const provisioned = (name: string): Promise<Provisioned> => {
    const known = stacks.get(name) ?? provision(withSecrets(configurations[name] ?? {}));
    stacks.set(name, known);
    return known;
  };
  const { stackTraceLimit } = Error;
  before(() => {
    // Pulumi takes a stack trace for each promise, which is half of what a run of the program costs.
    Error.stackTraceLimit = 0;
  });
  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it("has a value in a configuration of this test: a new key needs one in full-stack.ts", () => {
    const missing = (all[0]?.keys ?? [])
      .map(({ pattern }) => pattern)
      .filter((pattern) => placeOf(pattern) === undefined);
    assert.deepEqual(missing, []);
    assert.ok((all[0]?.keys.length ?? 0) > 200);
    for (const { sections } of all) assert.ok(isAccepted(sections));
  });

  const values = (all[0]?.keys ?? []).filter(({ kind }) => kind === "value").map(({ pattern }) => pattern);
  for (const pattern of values.filter((each) => !refused.includes(each))) {
    const rule = rulesAlone.includes(pattern);
    it(`${pattern}, when it is changed, is ${rule ? "accepted or refused, and nothing else" : "applied or named"}`, async () => {
      const place = placeOf(pattern);
      const key = place?.keys.find((each) => each.pattern === pattern);
      assert.ok(place && key);
      const changed = firstAccepted(place.sections, changesOf(key)["has another value"] ?? []);
      assert.ok(changed, `no other value of ${pattern} is accepted: ${JSON.stringify(key.value)}`);
      const { written, notes } = await outcome(await provisioned(place.name), withSecrets(changed));
      if (rule) assert.deepEqual([written, notes], [[], []]);
      else assert.ok(written.length + notes.length > 0, "neither applied nor named");
    });
  }

  for (const secret of usableSecrets(configurations[all[0]?.name ?? ""] ?? {}))
    it(`the secret ${secret}, when it is changed, is applied or named`, async () => {
      const stack = await provisioned(all[0]?.name ?? "");
      const changed = withSecrets(stack.configuration.sections, { [secret]: "https://secrets.example.com/another" });
      const { written, notes } = await outcome(stack, changed);
      assert.ok(written.length + notes.length > 0, "neither applied nor named");
    });

  const ways = { "other values": ["has another value"], "less of everything": ["is left out", "has one entry less"] };
  for (const { name, sections, keys } of all)
    for (const [what, hows] of Object.entries(ways)) {
      it(`become, ${name} and with ${what}, what a new stack has, or what is not is named`, async () => {
        const changed = allChanged(sections, keys, hows);
        await assertAppliedOrNamed(await provisioned(name), withSecrets(changed), named);
      });

      it(`wait, ${name} and with ${what}, for the end of a release, as far as it depends on them, and are named`, async () => {
        const under = await release(await provisioned(name));
        const changed = withSecrets(
          allChanged(under.configuration.sections, keysOf(under.configuration.sections), hows),
        );
        const { written } = await outcome(under, changed);
        assert.deepEqual(
          written.filter((place) => releasers.test(`${place} `)),
          [],
        );
        await assertAppliedOrNamed(under, changed, namedDuringRelease);
      });
    }

  it("services.*.routes.router, when it is changed, is refused before anything else", async () => {
    for (const { name, sections } of all) {
      const { state } = await provisioned(name);
      const { atom } = routersOf(sections);
      const other = atom === "istio" ? "replicas" : "istio";
      await assert.rejects(liveOf(state, { atom: other }), RouterChangedError);
    }
  });
});
