import assert from "node:assert/strict";
import { createReporter, silentReporter, type ReporterClock, type Screen } from "../../platform/progress.ts";

/** A clock that stands still until the test moves it. */
class ManualClock implements ReporterClock {
  #now = 0;
  readonly #timers = new Set<{ every: number; due: number; callback: () => void }>();

  now(): number {
    return this.#now;
  }

  every(milliseconds: number, callback: () => void): () => void {
    const timer = { every: milliseconds, due: this.#now + milliseconds, callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  get ticking(): number {
    return this.#timers.size;
  }

  pass(seconds: number): void {
    const end = this.#now + seconds * 1_000;
    for (;;) {
      const next = [...this.#timers].filter(({ due }) => due <= end).toSorted((a, b) => a.due - b.due)[0];
      if (next === undefined) break;
      this.#now = next.due;
      next.due += next.every;
      next.callback();
    }
    this.#now = end;
  }
}

describe("progress", () => {
  let clock: ManualClock;
  let written: string;

  beforeEach(() => {
    clock = new ManualClock();
    written = "";
  });

  function screen(options: Partial<Screen> = {}): Screen {
    return {
      ...options,
      write: (text: string) => {
        written += text;
      },
    };
  }

  /** Work that the test ends. */
  function work(): { promise: Promise<string>; end: () => void; fail: (error: Error) => void } {
    const { promise, resolve, reject } = Promise.withResolvers<string>();
    return {
      promise,
      end: () => {
        resolve("planks");
      },
      fail: reject,
    };
  }

  describe("without a terminal", () => {
    it("is a line at the start, one every 15 seconds and one at the end", async () => {
      const { promise, end } = work();
      const task = createReporter(screen(), clock).task("saw 2.5.0", { estimateSeconds: 360 }, (update) => {
        update("tooth (4 of 6)");
        return promise;
      });
      clock.pass(31);
      end();
      assert.equal(await task, "planks");
      assert.equal(
        written,
        [
          "start   saw 2.5.0 (about 6 min)",
          "still   saw 2.5.0: tooth (4 of 6), 15 s of about 6 min",
          "still   saw 2.5.0: tooth (4 of 6), 30 s of about 6 min",
          "done    saw 2.5.0 in 31 s",
          "",
        ].join("\n"),
      );
    });

    it("is what is ahead of a task that knows it, in the place of the estimate", async () => {
      const { promise, end } = work();
      let ahead = "about 5 min more";
      const options = { estimateSeconds: 360, outlook: () => ahead };
      const task = createReporter(screen(), clock).task("saw 2.5.0", options, () => promise);
      clock.pass(15);
      ahead = "about 9 min more (1 of 2 done, about 12 min for the rest)";
      clock.pass(15);
      end();
      await task;
      assert.equal(
        written,
        [
          "start   saw 2.5.0 (about 6 min)",
          "still   saw 2.5.0, 15 s; about 5 min more",
          "still   saw 2.5.0, 30 s; about 9 min more (1 of 2 done, about 12 min for the rest)",
          "done    saw 2.5.0 in 30 s",
          "",
        ].join("\n"),
      );
    });

    it("never names an estimate that is over", async () => {
      const { promise, end } = work();
      const task = createReporter(screen(), clock).task("saw", { estimateSeconds: 20 }, () => promise);
      clock.pass(31);
      end();
      await task;
      assert.match(written, /still {3}saw, 15 s of about 20 s\nstill {3}saw, 30 s, longer than estimated\n/);
    });

    it("has no control characters", async () => {
      await createReporter(screen({ isTTY: false }), clock).task("saw", {}, () => Promise.resolve());
      assert.match(written, /^[ -~\n]*$/);
    });

    it("tells a failure, and throws it on unchanged", async () => {
      const error = new Error("no oil");
      const { promise, fail } = work();
      const task = createReporter(screen(), clock).task("saw", {}, () => promise);
      clock.pass(200);
      fail(error);
      await assert.rejects(task, error);
      assert.match(written, /^start {3}saw\n[^]*failed {2}saw after 3 min 20 s\n$/);
    });

    it("names each of several tasks that run at the same time", async () => {
      const reporter = createReporter(screen(), clock);
      const [one, two] = [work(), work()];
      const tasks = [reporter.task("one", {}, () => one.promise), reporter.task("two", {}, () => two.promise)];
      clock.pass(15);
      one.end();
      two.end();
      await Promise.all(tasks);
      assert.equal(
        written,
        "start   one\nstart   two\nstill   one, 15 s\nstill   two, 15 s\ndone    one in 15 s\ndone    two in 15 s\n",
      );
    });

    it("prints notes as they are", () => {
      createReporter(screen(), clock).note("Bringing 2 tools here.");
      assert.equal(written, "Bringing 2 tools here.\n");
    });

    it("stops its timer with the last task", async () => {
      const reporter = createReporter(screen(), clock);
      const { promise, end } = work();
      const task = reporter.task("saw", {}, () => promise);
      assert.equal(clock.ticking, 1);
      end();
      await task;
      assert.equal(clock.ticking, 0);
      await reporter.task("again", {}, () => Promise.resolve());
      assert.equal(clock.ticking, 0);
    });
  });

  describe("on a terminal", () => {
    /** What a terminal shows after these writes: "go so many lines up and clear from there" is all that we use. */
    function shown(): string[] {
      const lines = [""];
      for (const part of written.split("\u001b[")) {
        const up = /^(\d+)A/.exec(part)?.[1];
        if (up !== undefined) lines.length -= Number(up);
        if (part.startsWith("J")) lines[lines.length - 1] = "";
        const text = up === undefined ? part.replace(/^J/, "") : "";
        const [first = "", ...rest] = text.split("\n");
        lines[lines.length - 1] = (lines.at(-1) ?? "") + first;
        lines.push(...rest);
      }
      return lines;
    }

    it("changes the lines of running tasks in place, below what stays", async () => {
      const reporter = createReporter(screen({ isTTY: true, columns: 80 }), clock);
      const [one, two] = [work(), work()];
      const first = reporter.task("one", { estimateSeconds: 30 }, (update) => {
        update("sharpening");
        return one.promise;
      });
      const second = reporter.task("two", {}, () => two.promise);
      clock.pass(3);
      assert.deepEqual(shown(), ["  ...   one: sharpening, 3 s of about 30 s", "  ...   two, 3 s", ""]);
      reporter.note("a note");
      one.end();
      await first;
      clock.pass(2);
      assert.deepEqual(shown(), ["a note", "done    one in 3 s", "  ...   two, 5 s", ""]);
      two.end();
      await second;
      assert.deepEqual(shown(), ["a note", "done    one in 3 s", "done    two in 5 s", ""]);
    });

    it("cuts a line that would wrap", async () => {
      const reporter = createReporter(screen({ isTTY: true, columns: 24 }), clock);
      const { promise, end } = work();
      const task = reporter.task("a very long title of a task", {}, () => promise);
      assert.deepEqual(shown(), ["  ...   a very long ti…", ""]);
      end();
      await task;
    });
  });

  it("can be silent", async () => {
    silentReporter.note("nothing");
    assert.equal(
      await silentReporter.task("saw", {}, (update) => {
        update("nothing");
        return Promise.resolve(5);
      }),
      5,
    );
  });

  it("goes to a real screen with a real clock", async () => {
    const reporter = createReporter(screen());
    await reporter.task("saw", {}, () => Promise.resolve());
    assert.equal(written, "start   saw\ndone    saw in 0 s\n");
  });
});
