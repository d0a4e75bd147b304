import assert from "node:assert/strict";
import { mkdtempDisposable, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { EventFile, EventFileError } from "../../../platform/commands/event-file.ts";

describe("the file of the engine's events", () => {
  it("has each of them on a line at once, alone and for this user's eyes, whatever was there before", async () => {
    await using folder = await mkdtempDisposable(path.join(tmpdir(), "events-"));
    const file = path.join(folder.path, "events.jsonl");
    await writeFile(file, "of an earlier run\n", { mode: 0o644 });
    using events = EventFile.create(file);
    events.write({ sequence: 0, timestamp: 1, cancelEvent: {} });
    events.write({ sequence: 1, timestamp: 2, stdoutEvent: { message: "a\nb", color: "never" } });
    assert.equal(
      await readFile(file, "utf8"),
      '{"sequence":0,"timestamp":1,"cancelEvent":{}}\n{"sequence":1,"timestamp":2,"stdoutEvent":{"message":"a\\nb","color":"never"}}\n',
    );
    assert.equal((await stat(file)).mode & 0o777, 0o600);
  });

  it("is refused with its name where it cannot be written", () => {
    assert.throws(
      () => EventFile.create("/proc/no/where"),
      (error: unknown) => error instanceof EventFileError && error.message.includes("/proc/no/where"),
    );
  });
});
