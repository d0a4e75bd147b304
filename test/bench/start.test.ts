import assert from "node:assert/strict";
import type { Start } from "../../bench/start/measure.ts";
import { startTables } from "../../bench/start/report.ts";

const start = (wall: number, cpu: number, memory: number): Start => ({ wall, cpu, memory });

describe("the figures of bench:start", () => {
  it("are medians beside the project's bars, each of which is met or missed", () => {
    const text = startTables({
      startedAt: "2026-11-30T07:00:00.000Z",
      machine: { cores: 2, model: "AMD EPYC", node: "v24.21.0" },
      measured: [
        { form: "source", command: "version", starts: [start(100, 60, 50), start(200, 80, 52), start(900, 300, 90)] },
        { form: "bundle", command: "rollback", starts: [start(501, 300, 60)] },
        { form: "bundle", command: "version", starts: [start(200, 100, 81)] },
      ],
    });
    assert.deepEqual(text.split("\n").slice(2), [
      "| start | processors | wall | memory | bar | |",
      "| --- | --- | --- | --- | --- | --- |",
      "| `atom --version`, source | median 0.08 s, p90 0.30 s | median 0.20 s, p90 0.90 s | 52 MB | ≤ 0.25 s, ≤ 80 MB | met |",
      "| `atom rollback` → first request, bundle | median 0.30 s, p90 0.30 s | median 0.50 s, p90 0.50 s | 60 MB | ≤ 0.50 s, ≤ 80 MB | MISSED |",
      "| `atom --version`, bundle | median 0.10 s, p90 0.10 s | median 0.20 s, p90 0.20 s | 81 MB | ≤ 0.25 s, ≤ 80 MB | MISSED |",
    ]);
  });
});
