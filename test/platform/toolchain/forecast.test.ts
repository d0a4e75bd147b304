import assert from "node:assert/strict";
import fc from "fast-check";
import { Forecast, type Piece } from "../../../platform/toolchain/forecast.ts";

/** A machine with a clock of its own, on which each piece takes so many times its estimate. */
class SlowMachine {
  now = 0;
  readonly forecast: Forecast;
  readonly #pieces: readonly Piece[];
  readonly #factor: number;

  constructor(pieces: readonly Piece[], factor: number) {
    this.#pieces = pieces;
    this.#factor = factor;
    this.forecast = new Forecast(pieces, () => this.now * 1_000);
  }

  /** Seconds that all of it takes in truth. */
  get whole(): number {
    return this.#pieces.reduce((sum, { estimateSeconds }) => sum + estimateSeconds * this.#factor, 0);
  }

  /** Does the work second by second; `atSecond` is called after each. */
  run(atSecond: () => void): void {
    for (const { name, estimateSeconds } of this.#pieces) {
      this.forecast.start(name);
      const seconds = Math.round(estimateSeconds * this.#factor);
      for (let passed = 1; passed <= seconds; passed += 1) {
        this.now += 1;
        this.forecast.progress(name, passed / seconds);
        atSecond();
      }
      this.forecast.end(name);
    }
  }
}

const compiled = (name: string, estimateSeconds: number): Piece => ({ name, estimateSeconds, lane: "go" });

describe("the forecast of how long tools take", () => {
  it("stays within 1.5 times the truth from the second minute on, on a machine that is slower by any factor up to 5", () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1, max: 5, noNaN: true }),
        fc.array(fc.integer({ min: 5, max: 400 }), { minLength: 1, maxLength: 6 }),
        (factor, estimates) => {
          const machine = new SlowMachine(
            estimates.map((seconds, index) => compiled(`tool ${index}`, seconds)),
            factor,
          );
          machine.run(() => {
            if (machine.now < 120 || machine.now % 20 !== 0) return;
            // Of the whole, as a user reckons it: what has passed and what is said to be left.
            const whole = machine.now + machine.forecast.seconds();
            assert.ok(whole <= 1.5 * machine.whole && whole >= machine.whole / 1.5, `${whole} of ${machine.whole}`);
          });
        },
      ),
    );
  });

  it("says what is left itself within 1.5 times the truth on a machine slowed to a third", () => {
    const machine = new SlowMachine([compiled("kubernetes", 360), compiled("istiod", 190), compiled("pulumi", 150)], 3);
    machine.run(() => {
      const left = machine.whole - machine.now;
      if (machine.now < 120 || left < 1) return;
      const said = machine.forecast.seconds();
      assert.ok(said <= 1.5 * left && said >= left / 1.5, `${said} of ${left} s left`);
    });
  });

  it("is the estimate before anything is measured, and that of the longest lane where there are several", () => {
    const forecast = new Forecast(
      [compiled("one", 60), compiled("two", 30), { name: "package", estimateSeconds: 70, lane: "packages" }],
      () => 0,
    );
    assert.equal(forecast.seconds(), 90);
    assert.equal(forecast.secondsOf("two"), 30);
  });

  it("measures a compiler by compilers alone, and not from the time before it started", () => {
    let seconds = 0;
    const forecast = new Forecast(
      [compiled("one", 100), { name: "package", estimateSeconds: 10, lane: "packages" }],
      () => seconds * 1_000,
    );
    forecast.start("one");
    forecast.start("package");
    seconds = 40;
    forecast.end("package");
    forecast.start("one"); // its modules are there
    seconds = 90;
    forecast.progress("one", 0.5);
    assert.equal(forecast.seconds(), 50);
  });

  it("grows when a piece that reports no progress takes longer than estimated", () => {
    let seconds = 0;
    const forecast = new Forecast([{ name: "package", estimateSeconds: 30, lane: "packages" }], () => seconds * 1_000);
    forecast.start("package");
    seconds = 20;
    assert.equal(forecast.outlook("package"), "about 10 s more");
    seconds = 840;
    assert.equal(forecast.outlook("package"), "longer than estimated, about 5 min more");
  });

  it("reports what the piece and what all of them still take", () => {
    let seconds = 0;
    const forecast = new Forecast(
      [compiled("one", 60), compiled("two", 360), compiled("three", 120)],
      () => seconds * 1_000,
    );
    forecast.start("one");
    seconds = 60;
    forecast.progress("one", 0.9);
    forecast.end("one");
    forecast.start("two");
    seconds = 240;
    forecast.progress("two", 0.5);
    assert.equal(forecast.outlook("two"), "about 3 min more (1 of 3 done, about 5 min for the rest)");
  });

  it("ends with nothing left", () => {
    const machine = new SlowMachine([compiled("one", 10), compiled("two", 20)], 2);
    machine.run(() => undefined);
    assert.equal(machine.forecast.seconds(), 0);
  });

  it("knows no piece that it was not given", () => {
    assert.throws(() => {
      new Forecast([], () => 0).start("one");
    }, /no piece of work is called one/);
  });
});
