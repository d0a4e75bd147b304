import assert from "node:assert/strict";
import type { Json, ResourceChange } from "../../../delivery/engine-events/changes.ts";
import { EngineEventsError } from "../../../delivery/engine-events/event.ts";
import { parseChanges } from "../../../delivery/engine-events/parse.ts";
import { scrubbedChanges } from "../../../delivery/engine-events/scrub.ts";
import { EngineLog, hidden, unknown } from "./engine-log.ts";

function only(log: EngineLog): ResourceChange {
  const [resource, ...others] = parseChanges(log.toString(), "test").resources;
  assert.deepEqual(others, []);
  assert.ok(resource);
  return resource;
}

/** `path: before → after` of each difference. */
function told({ differences }: Pick<ResourceChange, "differences">): string[] {
  const text = (value: Json | undefined) => (value === undefined ? "nothing" : JSON.stringify(value));
  return differences.map(({ path, before, after }) => `${path}: ${text(before)} → ${text(after)}`);
}

describe("the engine's events", () => {
  it("say which resource is changed, of what it is part, and each property that differs", () => {
    const change = only(
      new EngineLog()
        .update("atom-green", {
          type: "kubernetes:apps/v1:Deployment",
          before: { spec: { replicas: 0, template: { labels: { "atom.dev/template": "a" } } } },
          inputs: { spec: { replicas: 2, template: { labels: { "atom.dev/template": "b" } }, paused: true } },
          detailedDiff: {
            "spec.replicas": "update",
            'spec.template.labels["atom.dev/template"]': "update",
            "spec.paused": "add",
          },
        })
        .summary(),
    );
    assert.deepEqual(
      [change.operation, change.type, change.name, change.component],
      ["update", "kubernetes:apps/v1:Deployment", "atom-green", ["atom-staging", "atom"]],
    );
    assert.deepEqual(told(change), [
      "spec.paused: nothing → true",
      "spec.replicas: 0 → 2",
      'spec.template.labels["atom.dev/template"]: "a" → "b"',
    ]);
    assert.deepEqual(
      change.differences.map(({ kind }) => kind),
      ["add", "update", "update"],
    );
  });

  it("make one replacement of its three steps, with what it is because of", () => {
    const change = only(
      new EngineLog().replace("job", {
        before: { name: "a", image: "1" },
        inputs: { name: "b", image: "2" },
        detailedDiff: { name: "update-replace", image: "update" },
      }),
    );
    assert.equal(change.operation, "replace");
    assert.deepEqual(
      change.differences.map(({ path, replaces }) => [path, replaces]),
      [
        ["image", false],
        ["name", true],
      ],
    );
  });

  it("are taken apart where a provider names a whole object, or nothing at all", () => {
    const before = { data: { a: "1", same: "x" }, list: [1, 2] };
    const inputs = { data: { a: "2", same: "x" }, list: [1, 3, 4] };
    const expected = ['data.a: "1" → "2"', "list[1]: 2 → 3", "list[2]: nothing → 4"];
    const whole = { data: "update", list: "update" };
    assert.deepEqual(told(only(new EngineLog().update("x", { before, inputs, detailedDiff: whole }))), expected);
    assert.deepEqual(told(only(new EngineLog().update("x", { before, inputs }))), expected);
  });

  it("tell that a secret changes, and never what it is, also in a list", () => {
    const change = only(
      new EngineLog().update("secret", {
        before: { data: { password: hidden }, args: ["--a", hidden] },
        inputs: { data: { password: hidden }, args: ["--b", hidden] },
        detailedDiff: { "data.password": "update", args: "update" },
      }),
    );
    assert.deepEqual(told(change), ['args[0]: "--a" → "--b"', 'data.password: "[secret]" → "[secret]"']);
    assert.deepEqual(
      change.differences.map(({ secret }) => secret),
      [false, true],
    );
    const unsaid = only(
      new EngineLog().update("secret", {
        before: { data: { a: hidden } },
        inputs: { data: { a: hidden } },
        diffs: ["data"],
      }),
    );
    assert.deepEqual(told(unsaid), ['data: {"a":"[secret]"} → {"a":"[secret]"}']);
    assert.equal(unsaid.differences[0]?.secret, true);
  });

  it("tell nothing of what a Secret holds, though nothing marks it, as what somebody wrote into it by hand", () => {
    const change = only(
      new EngineLog().update("atom-secrets", {
        type: "kubernetes:core/v1:Secret",
        before: { data: { token: "aHVudGVyMg==", "left.out": "b2xk" }, metadata: { labels: { a: "1" } } },
        inputs: { data: { token: "bmV3" }, stringData: { added: "hunter2" }, metadata: { labels: { a: "2" } } },
        detailedDiff: {
          "data.token": "update",
          'data["left.out"]': "delete",
          stringData: "add",
          "metadata.labels.a": "update",
        },
      }),
    );
    assert.deepEqual(told(change), [
      'data.token: "[secret]" → "[secret]"',
      'data["left.out"]: "[secret]" → nothing',
      'metadata.labels.a: "1" → "2"',
      'stringData.added: nothing → "[secret]"',
    ]);
    assert.deepEqual(
      change.differences.map(({ secret }) => secret),
      [true, true, false, true],
    );
  });

  it("list all that a new resource is made of, what is not known yet too, and nothing of one that goes", () => {
    const made = only(new EngineLog().create("x", { inputs: { data: { id: unknown, n: 1 }, empty: {} } }));
    assert.deepEqual(told(made), [
      'data.id: nothing → "[known after the change]"',
      "data.n: nothing → 1",
      "empty: nothing → {}",
    ]);
    const gone = only(new EngineLog().delete("x", { before: { a: 1 }, protect: true, retainOnDelete: true }));
    assert.deepEqual([gone.operation, gone.differences, gone.protected, gone.retained], ["delete", [], true, true]);
  });

  it("of a refresh say what somebody changed: from what the state has to what there is", () => {
    const resource = { before: { a: 1, b: 1 }, inputs: { a: 2, b: 1 }, detailedDiff: { a: "update" } };
    const changed = only(new EngineLog().refreshed("x", resource, "update"));
    assert.deepEqual([changed.operation, told(changed), changed.drift], ["update", ["a: 1 → 2"], undefined]);
    assert.equal(only(new EngineLog().refreshed("x", { before: {} }, "delete")).operation, "delete");
    const same = only(new EngineLog().refreshed("x", { before: { a: 1 }, inputs: { a: 1 } }, "same"));
    assert.deepEqual([same.operation, same.differences], ["same", []]);
  });

  it("of a preview that begins with a refresh say both: what somebody changed, and what becomes of it", () => {
    const refresh = { before: { a: 1 }, inputs: { a: 2 }, detailedDiff: { a: "update" } };
    const change = only(
      new EngineLog()
        .refreshed("x", refresh)
        .update("x", { before: { a: 2 }, inputs: { a: 1 }, detailedDiff: { a: "update" } }),
    );
    assert.deepEqual([change.operation, told(change)], ["update", ["a: 2 → 1"]]);
    assert.deepEqual(
      [change.drift?.gone, told({ differences: change.drift?.differences ?? [] })],
      [false, ["a: 1 → 2"]],
    );
    const unchanged = only(
      new EngineLog().refreshed("x", { before: { a: 1 }, inputs: { a: 1 } }).same("x", { inputs: { a: 1 } }),
    );
    assert.equal(unchanged.drift, undefined);
  });

  it("give the diagnostics and findings once, without colours and what was only shown in passing", () => {
    const { diagnostics, findings, outcome } = parseChanges(
      new EngineLog()
        .note("a note")
        .note("a note")
        .diagnostic("info", "in passing", "", true)
        .diagnostic("info#err", "printed")
        .diagnostic("warning", "\u001b[31mcareful\u001b[0m")
        .finding("pinned-images", "advisory", "a moving tag", "x")
        .finding("reviewers", "mandatory", "nobody reviews")
        .summary()
        .toString(),
      "test",
    );
    assert.deepEqual(
      diagnostics.map(({ severity, message }) => [severity, message]),
      [
        ["info", "a note"],
        ["output", "printed"],
        ["warning", "careful"],
      ],
    );
    assert.deepEqual(
      findings.map(({ policy, pack, level, message, urn }) => [policy, pack, level, message, urn?.split("::").at(-1)]),
      [
        ["pinned-images", "atom", "advisory", "a moving tag", "x"],
        ["reviewers", "atom", "mandatory", "nobody reviews", undefined],
      ],
    );
    assert.equal(outcome, "failed");
  });

  it("have succeeded where the engine came to its end without an error, and then alone", () => {
    const outcome = (log: EngineLog) => parseChanges(log.toString(), "test").outcome;
    assert.equal(outcome(new EngineLog().summary()), "succeeded");
    assert.equal(outcome(new EngineLog().finding("p", "advisory", "m").summary()), "succeeded");
    assert.equal(outcome(new EngineLog()), "failed");
    assert.equal(outcome(new EngineLog().summary("failed")), "failed");
    assert.equal(outcome(new EngineLog().diagnostic("error", "no").summary()), "failed");
    assert.deepEqual(parseChanges("", "test").resources, []);
    assert.equal(parseChanges("", "test").stack, undefined);
  });

  it("of an engine that was killed in a line count up to there; any other strange line is named", () => {
    const log = new EngineLog().create("x").toString();
    assert.equal(parseChanges(`${log}{"sequence": 9, "resour`, "test").resources.length, 1);
    assert.throws(
      () => parseChanges(`no json\n${log}`, "events.jsonl"),
      (error: unknown) =>
        error instanceof EngineEventsError && error.message.startsWith("events.jsonl, line 1 is no event"),
    );
  });

  it("can be scrubbed of a value wherever it is: names, paths, keys, values, messages, outputs", () => {
    const secret = "hunter-2-hunter";
    const log = new EngineLog()
      .update(`name-${secret}`, {
        before: { list: [`a ${secret}`], [`key-${secret}`]: 1 },
        inputs: { list: [{ [secret]: `b ${secret}` }], [`key-${secret}`]: 2 },
      })
      .note(`a note ${secret}`)
      .finding("p", "advisory", secret)
      .outputs({ url: `https://${secret}@host` });
    const scrub = (text: string) => text.replaceAll(secret, "[redacted]");
    const changes = scrubbedChanges(parseChanges(log.toString(), "test"), scrub);
    assert.ok(!JSON.stringify(changes).includes(secret));
    assert.equal(changes.resources[0]?.name, "name-[redacted]");
  });
});
