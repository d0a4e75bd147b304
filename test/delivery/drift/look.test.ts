import assert from "node:assert/strict";
import { driftOf, LookError } from "../../../delivery/drift/drift.ts";
import { readLook } from "../../../delivery/drift/look.ts";
import { EngineLog } from "../engine-events/engine-log.ts";

const scrub = (text: string) => text.replaceAll("hunter2", "[secret]");
const changed = () => new EngineLog().refreshed("settings", { before: { a: 1 }, inputs: { a: "hunter2" } }, "update");
const look = (events: EngineLog | string, code: number | null = 0) =>
  driftOf("staging", readLook("staging", { code, events: String(events), lastLines: "error: no hunter2 here" }, scrub));

describe("a look for drift", () => {
  it("finds what the engine reports, without its secrets", () => {
    const { resources } = look(changed().summary());
    assert.deepEqual(
      resources.map(({ name, differences }) => [name, differences.map(({ path, after }) => [path, after])]),
      [["settings", [["a", "[secret]"]]]],
    );
    assert.deepEqual(look(new EngineLog().summary()).resources, []);
  });

  it("that failed or did not come to its end found nothing out, and says what the engine said last", () => {
    const failures = [
      () => look(changed().summary(), 1),
      () => look(changed().summary("failed")),
      () => look(changed()),
      () => look("", null),
      () => look(""),
    ];
    for (const failure of failures)
      assert.throws(
        failure,
        (error) => error instanceof LookError && error.message.endsWith("error: no [secret] here"),
      );
  });
});
