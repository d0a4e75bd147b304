import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { canDraw, LiveView } from "../../../delivery/view/live.ts";
import type { ProcessEvents } from "../../../delivery/view/process-exits.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { World } from "../release/world.ts";
import { line, release, toFirstStep } from "./models.ts";
import { TerminalScreen } from "./terminal-screen.ts";
import { viewedRelease } from "./viewed.ts";

const hideCursor = "\u001b[?25l";
const showCursor = "\u001b[?25h";

class FakeProcess extends EventEmitter implements ProcessEvents {
  readonly pid = 4711;
  readonly killed: string[] = [];

  kill(_pid: number, signal: string): void {
    this.killed.push(signal);
  }
}

function live(changes: Partial<ConstructorParameters<typeof LiveView>[0]> = {}) {
  const clock = new VirtualClock();
  const screen = new TerminalScreen(80, 30);
  const events = new FakeProcess();
  return { clock, screen, events, view: new LiveView({ screen, clock, process: events, colour: false, ...changes }) };
}

const begun = { ...release, startedAt: Date.UTC(2026, 0, 1) };

describe("the live view", () => {
  it("shows a whole release in place, and leaves its end on the screen with the cursor as it was", async () => {
    const world = new World();
    const { screen, view } = live({ clock: world.clock });
    view.note("bringing the environment up");
    await viewedRelease(world, view);
    view.end();
    view.end();
    const shown = screen.lines;
    assert.equal(shown[0], "bringing the environment up");
    assert.match(shown[1] ?? "", /^atom in staging r1 {3}v-a → v-b {2}\(blue → green\) +1:20$/);
    assert.equal(shown[2], "✓ ready   ✓ smoke   ✓ 10 %   ✓ 50 %   ✓ 100 %   ✓ smoke   ✓ soak");
    assert.equal(shown.filter((text) => text.startsWith("atom in staging")).length, 1);
    assert.ok(shown.includes("released: v-b serves all traffic"));
    assert.equal(shown.at(-1), "A way back: atom rollback --stack staging");
    assert.equal(screen.cursor, true);
    assert.equal(screen.written.split(hideCursor).length, 2);
  });

  it("says what to do about a release that it leaves before its end", async () => {
    const { clock, screen, view } = live();
    view.begin(begun);
    for (const entry of toFirstStep) view.notify(entry, { ...begun.state, phase: entry.phase, percent: entry.percent });
    await clock.pass(100);
    assert.ok(screen.lines.some((text) => text.includes("Ctrl-C takes it back")));
    view.end();
    assert.ok(
      screen.lines.every((text) => !/Ctrl-C| left$| over$/.test(text)),
      screen.lines.join("\n"),
    );
    assert.deepEqual(screen.lines.slice(-2), [
      "It is not over: atom resume --stack production takes it up, atom abort --stack",
      "production takes it back.",
    ]);
  });

  it("draws at most ten frames a second, and only what has changed", async () => {
    const { clock, screen, view } = live();
    view.begin(begun);
    await clock.pass(1_050);
    const quiet = screen.writes;
    // The elapsed time and the countdown change once a second.
    assert.ok(quiet <= 3, `${quiet} frames`);
    for (let round = 0; round < 100; round += 1) {
      view.trouble(`trouble ${round}`);
      await clock.pass(10);
    }
    assert.ok(screen.writes - quiet <= 11, `${screen.writes - quiet} frames in a second`);
    view.end();
  });

  it("writes notes above the frame", async () => {
    const { clock, screen, view } = live();
    view.begin(begun);
    await clock.pass(100);
    view.note("the lease is free\u001b[2J");
    await clock.pass(100);
    assert.equal(screen.lines[0], "the lease is free");
    assert.match(screen.lines[1] ?? "", /^atom in production r7/);
    view.end();
  });

  it("starts below the story of a release that was passed over", async () => {
    const { clock, screen, view } = live();
    view.begin(begun);
    await clock.pass(100);
    view.begin({ ...begun, id: "r8" });
    await clock.pass(100);
    view.end();
    assert.deepEqual(
      screen.lines.filter((text) => text.startsWith("atom in")).map((text) => text.slice(0, 21)),
      ["atom in production r7", "atom in production r8"],
    );
  });

  it("keeps its place when the terminal gets narrower", async () => {
    const { clock, screen, view } = live();
    view.begin(begun);
    for (const entry of toFirstStep) view.notify(entry, { ...begun.state, phase: entry.phase });
    await clock.pass(100);
    screen.resize(50);
    await clock.pass(1_000);
    view.end();
    assert.equal(screen.lines.filter((text) => text.startsWith("atom in")).length, 1);
  });

  it("makes way for what is said on a signal that somebody answers", async () => {
    const { clock, screen, events, view } = live();
    events.on("SIGINT", () => {
      screen.write("^C taking the release back\n");
    });
    view.begin(begun);
    await clock.pass(100);
    events.emit("SIGINT");
    await clock.pass(100);
    assert.equal(screen.lines[0], "^C taking the release back");
    assert.match(screen.lines[1] ?? "", /^atom in production/);
    assert.deepEqual(events.killed, []);
    view.end();
  });

  for (const signal of ["SIGINT", "SIGTERM", "SIGHUP"])
    it(`gives the cursor back on ${signal} that nobody answers, and lets it end the process`, async () => {
      const { clock, screen, events, view } = live();
      view.begin(begun);
      await clock.pass(100);
      assert.equal(screen.cursor, false);
      events.emit(signal);
      assert.equal(screen.cursor, true);
      assert.deepEqual(events.killed, [signal]);
      view.end();
    });

  it("gives the cursor back when the process exits, and listens to nothing once it has ended", async () => {
    const { clock, screen, events, view } = live();
    view.begin(begun);
    await clock.pass(100);
    events.emit("exit");
    assert.equal(screen.cursor, true);
    view.end();
    assert.deepEqual(events.eventNames(), []);
  });

  it("is left by a real process with the cursor shown, whatever ends it", async () => {
    const program = `
      import { LiveView } from "./delivery/view/live.ts";
      import { systemClock } from "./delivery/clock/system-clock.ts";
      import { release } from "./test/delivery/view/models.ts";
      const view = new LiveView({ screen: { columns: 80, rows: 24, isTTY: true, write: (text) => process.stdout.write(text) }, clock: systemClock });
      view.begin(release);
      if (process.argv[1] === "throw") setTimeout(() => { throw new Error("broken"); }, 50);`;
    const run = async (argument: string): Promise<string> => {
      const child = spawn(process.execPath, ["--input-type=module", "-e", program, "--", argument], {
        stdio: ["ignore", "pipe", "ignore"],
        timeout: 20_000,
      });
      let text = "";
      child.stdout.setEncoding("utf8").on("data", (chunk: string) => {
        if (text === "" && argument !== "throw") child.kill(argument as NodeJS.Signals);
        text += chunk;
      });
      const [code, signal] = (await once(child, "close")) as [number | null, string | null];
      assert.deepEqual([code, signal], argument === "throw" ? [1, null] : [null, argument]);
      return text;
    };
    for (const text of await Promise.all(["SIGINT", "SIGTERM", "throw"].map(run))) {
      assert.ok(text.startsWith(hideCursor));
      assert.ok(text.endsWith(showCursor), JSON.stringify(text.slice(-40)));
    }
  }).timeout(30_000);

  it("is for terminals alone", () => {
    const terminal = (isTTY: boolean) => ({ isTTY, write: () => true });
    assert.equal(canDraw(terminal(true), { TERM: "xterm" }), true);
    assert.equal(canDraw(terminal(false), { TERM: "xterm" }), false);
    assert.equal(canDraw(terminal(true), { TERM: "dumb" }), false);
    assert.equal(canDraw(terminal(true), { CI: "true" }), false);
  });

  it("has colours where the terminal has them, and none with NO_COLOR", async () => {
    for (const hasColors of [true, false]) {
      const screen = Object.assign(new TerminalScreen(80, 30), { isTTY: true, hasColors: () => hasColors });
      const clock = new VirtualClock();
      const view = new LiveView({ screen, clock, process: new FakeProcess() });
      view.begin({ ...begun, journal: [line(1, 0, "waiting-ready", "prepared", "opened")] });
      await clock.pass(100);
      view.end();
      assert.equal(screen.written.includes("\u001b[1m"), hasColors);
    }
  });
});
