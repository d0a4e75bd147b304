import assert from "node:assert/strict";
import { PanelBuilder } from "@grafana/grafana-foundation-sdk/stat";
import fc from "fast-check";
import { arranged, type Row } from "../../../components/dashboards/layout.ts";

const rowOf = (title: string, height: number, count: number): Row => ({
  title,
  height,
  panels: Array.from({ length: count }, (_, index) => new PanelBuilder().title(`${title} ${index}`)),
});

describe("the arrangement of panels", () => {
  it("puts each row below the one before, under its heading, panels of the same width side by side", () => {
    const placed = arranged([rowOf("one", 5, 3), rowOf("two", 8, 2)]);
    assert.deepEqual(
      placed.map(({ id, title, gridPos }) => [id, title, gridPos?.x, gridPos?.y, gridPos?.w, gridPos?.h]),
      [
        [1, "one", 0, 0, 24, 1],
        [2, "one 0", 0, 1, 8, 5],
        [3, "one 1", 8, 1, 8, 5],
        [4, "one 2", 16, 1, 8, 5],
        [5, "two", 0, 6, 24, 1],
        [6, "two 0", 0, 7, 12, 8],
        [7, "two 1", 12, 7, 12, 8],
      ],
    );
  });

  it("never lets panels overlap or leave the grid, and numbers each once", () => {
    const rows = fc.array(
      fc.record({ height: fc.integer({ min: 1, max: 12 }), count: fc.constantFrom(1, 2, 3, 4, 6, 8) }),
      { maxLength: 6 },
    );
    fc.assert(
      fc.property(rows, (shapes) => {
        const placed = arranged(shapes.map(({ height, count }, index) => rowOf(`row ${index}`, height, count)));
        const taken = new Set<string>();
        for (const { gridPos } of placed) {
          assert.ok(gridPos && gridPos.x + gridPos.w <= 24);
          for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++)
            for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
              assert.ok(!taken.has(`${x} ${y}`));
              taken.add(`${x} ${y}`);
            }
        }
        assert.equal(new Set(placed.map(({ id }) => id)).size, placed.length);
      }),
    );
  });

  it("refuses a row whose panels do not divide the width", () => {
    assert.throws(() => arranged([rowOf("five", 8, 5)]), new RangeError('5 panels do not divide the width of "five".'));
  });
});
