import assert from "node:assert/strict";
import fc from "fast-check";
import type { LiveRelease, LiveSlot } from "../../../components/slots/live-release.ts";
import {
  changedSecretNotes,
  configuredVersion,
  planSecrets,
  type LiveSecret,
  type LiveSecrets,
} from "../../../components/secret/plan.ts";
import { SecretContent, VersionKey } from "../../../components/secret/secret-content.ts";
import { secretAnnotations } from "../../../components/workload/secret-version.ts";
import { liveRelease, liveSlot, pastRelease, releaseUnderWay } from "../slots/live.ts";

const key = new VersionKey("key");
const content = SecretContent.of({ tokenSecret: "new" });
const desired = content.version("atom", key).name;
/** Names of versions that are not the configured one. */
const [old, older, oldest] = ["1".repeat(12), "2".repeat(12), "3".repeat(12)].map((hash) => `atom-secrets-${hash}`) as [
  string,
  string,
  string,
];

const secret = (name: string): LiveSecret => ({
  name,
  content: SecretContent.of({ tokenSecret: name }),
  immutable: name !== "atom-secrets",
  made: name === "atom-secrets" ? undefined : "once",
});

/** Templates that name Secrets, by slot, and what exists. */
function planned(options: {
  readonly live?: readonly string[] | undefined;
  readonly blue?: string;
  readonly green?: string;
  readonly release?: Parameters<typeof liveRelease>[0];
  readonly migration?: string;
  readonly entropy?: string;
}) {
  const { live: existing, blue, green, release, migration, entropy = "entropy" } = options;
  const live: LiveSecrets | undefined = existing && { key, versions: existing.map(secret) };
  const slots = { blue: reading(blue, 2), green: reading(green, 0) };
  const source = { content, entropy };
  const plan = planSecrets({
    ...{ service: "atom", source, live, migration },
    configured: configuredVersion("atom", source, live),
    release: existing === undefined ? undefined : liveRelease({ slots, ...release }),
  });
  return { ...plan, names: plan.declared.map(({ name }) => name) };
}

function reading(name: string | undefined, replicas: number): LiveSlot {
  const slot = liveSlot(name ?? "none", replicas);
  const env = [{ name: "TOKEN", valueFrom: { secretKeyRef: { name: name ?? "none", key: "tokenSecret" } } }];
  return { ...slot, template: { ...slot.template, spec: { containers: [{ name: "atom", env }] } } };
}

const kept = (name: string, outcome: "released" | "baseline" | "rolled-back" | "aborted") => ({
  ...pastRelease,
  outcome,
  podTemplate: { metadata: { annotations: { "atom.dev/secret": name } } },
});

describe("the Secrets to declare", () => {
  it("are the configured one alone on a first run, under a key of its own", () => {
    const { names, declared, key: made } = planned({});
    const fresh = VersionKey.fresh("entropy", "atom");
    assert.equal(made.hash("x", 64), fresh.hash("x", 64));
    assert.deepEqual(names, [content.version("atom", fresh).name]);
    assert.equal(declared[0]?.immutable, true);
  });

  it("are beside the configured one those that the templates of the slots name", () => {
    const live = [old, older, oldest, desired];
    assert.deepEqual(planned({ live, blue: old, green: older }).names, [old, older, desired].sort());
    assert.deepEqual(planned({ live, blue: old, green: old }).names, [old, desired].sort());
  });

  it("are the one of an earlier version of this project too, as it is", () => {
    const { declared } = planned({ live: ["atom-secrets"], blue: "atom-secrets", green: "atom-secrets" });
    const [unversioned] = declared.filter(({ name }) => name === "atom-secrets");
    assert.deepEqual([unversioned?.immutable, unversioned?.made], [false, undefined]);
  });

  it("are no longer those that nothing names", () => {
    const { names } = planned({ live: ["atom-secrets", old, older, desired], blue: desired, green: old });
    assert.deepEqual(names, [old, desired].sort());
  });

  it("are those of versions that a rollback can stage again, and not those of versions that it cannot", () => {
    const releases = [kept(old, "released"), kept(older, "rolled-back"), kept(oldest, "baseline")];
    const ledger = { releases };
    const { names } = planned({ live: [old, older, oldest, desired], blue: desired, release: { ledger } });
    assert.deepEqual(names, [old, oldest, desired].sort());
  });

  it("are that of the release under way, whatever its slot was changed to by hand", () => {
    const current = { ...releaseUnderWay, podTemplate: kept(older, "released").podTemplate };
    const { names } = planned({ live: [old, older], blue: old, green: "elsewhere", release: { ledger: { current } } });
    assert.deepEqual(names, [old, older, desired].sort());
  });

  it("are that of the newest migrations, which may run still", () => {
    assert.deepEqual(planned({ live: [old, older], blue: old, migration: older }).names, [old, older, desired].sort());
  });

  it("are never those of others that a template names", () => {
    const { names } = planned({ live: ["atom-secrets-mine", old], blue: "atom-secrets-mine", green: old });
    assert.deepEqual(names, [old, desired].sort());
  });

  it("are made anew where one is gone, and stay as they are where they are there", () => {
    const madeOf = (live: string[], entropy: string) =>
      planned({ live, blue: desired, entropy }).declared.find(({ name }) => name === desired)?.made;
    assert.equal(madeOf([desired], "one"), "once");
    const [one, two] = [madeOf([], "one"), madeOf([], "two")];
    assert.match(one ?? "", /^[0-9a-f]{12}$/);
    assert.notEqual(one, two, "no state has it");
  });

  it("include everything that is named and there, and nothing beyond that, whatever is named where", () => {
    const name = fc.constantFrom("atom-secrets", old, older, oldest, desired, "foreign");
    const outcome = fc.constantFrom(
      "released" as const,
      "baseline" as const,
      "rolled-back" as const,
      "aborted" as const,
    );
    fc.assert(
      fc.property(
        fc.uniqueArray(name),
        fc.record({ blue: name, green: name, migration: name }),
        fc.array(fc.tuple(name, outcome), { maxLength: 4 }),
        (live, named, past) => {
          const releases = past.map(([each, ended]) => kept(each, ended));
          const existing = live.filter((each) => each !== "foreign");
          const { names } = planned({ live: existing, ...named, release: { ledger: { releases } } });
          const canReturn = past
            .filter(([, ended]) => ended === "released" || ended === "baseline")
            .map(([each]) => each);
          const all = new Set([...Object.values(named), ...canReturn]);
          assert.deepEqual(names, [...new Set([desired, ...existing.filter((each) => all.has(each))])].sort());
        },
      ),
    );
  });
});

describe("what is said of Secrets", () => {
  it("is which one is missing, where pods may start that read it", () => {
    const { notes } = planned({ live: [], blue: old, green: older });
    assert.equal(notes.length, 1);
    assert.match(notes[0] ?? "", new RegExp(`the Secret ${old}, which the pods of blue read, does not exist`));
    assert.deepEqual(planned({ live: [], blue: desired }).notes, [], "it is made anew");
  });

  const annotated = (keys: Readonly<Record<string, string>>) => ({
    metadata: { labels: {}, annotations: secretAnnotations({ name: "n", keys }) },
    spec: { containers: [] },
  });
  const serving = (keys: Readonly<Record<string, string>>): LiveRelease =>
    liveRelease({ slots: { blue: { ...liveSlot("old"), template: annotated(keys) }, green: undefined } });

  const asked = (keys: Readonly<Record<string, string>>) => ({ template: annotated(keys), digest: "new" });
  const found = { key, live: { key, versions: [] } };

  it("is which ones changed, by name, and that they are a change like any other", () => {
    const notes = (keys: Readonly<Record<string, string>>) =>
      changedSecretNotes("atom", serving({ a: "1", b: "1" }), asked(keys), found);
    assert.deepEqual(notes({ a: "1", b: "1" }), []);
    assert.deepEqual(notes({ a: "2", b: "1" }), [
      "atom: a differs from what blue serves with. blue keeps what it has; the new content is part of template new, as an image would be.",
    ]);
    assert.match(notes({ a: "2", b: "2" })[0] ?? "", /^atom: a, b differ from what blue serves with\./);
  });

  it("is nothing on a first run, nor where the serving version's Secret has no versions", () => {
    const none = { key, live: undefined };
    assert.deepEqual(changedSecretNotes("atom", undefined, asked({ a: "1" }), none), []);
    assert.deepEqual(changedSecretNotes("atom", liveRelease(), asked({ a: "1" }), found), []);
    assert.deepEqual(changedSecretNotes("atom", liveRelease(), asked({ a: "1" }), none), []);
  });

  it("is, where the key of the hashes was deleted, what differs all the same, by what the Secrets hold", () => {
    const served = SecretContent.of({ a: "1", b: "1" });
    const { name, keys } = served.version("atom", new VersionKey("the deleted one"));
    const blue = { ...liveSlot("old"), template: { ...annotated(keys) } };
    blue.template.metadata.annotations = secretAnnotations({ name, keys });
    const release = liveRelease({ slots: { blue, green: undefined } });
    const notes = (values: Readonly<Record<string, string>>, versions: LiveSecrets["versions"]) =>
      changedSecretNotes("atom", release, asked(SecretContent.of(values).version("atom", key).keys), {
        key,
        live: { key: undefined, versions },
      });
    const there = [{ name, content: served, immutable: true, made: "once" }];
    const gone =
      "atom: the Secret atom-version-key, with the key by which Secrets are named, does not exist and is made again: " +
      "the configured secrets get another name, and so template new is a new one.";
    assert.deepEqual(notes({ a: "1", b: "1" }, there), [`${gone} No value differs from what blue serves with.`]);
    assert.deepEqual(notes({ a: "2", b: "1" }, there), [
      `${gone} a differs from what blue serves with. blue keeps what it has; the new content is part of template new, as an image would be.`,
    ]);
    assert.deepEqual(notes({ a: "1", b: "1" }, []), [
      `${gone} Whether a value differs from what blue serves with is not known.`,
    ]);
  });
});
