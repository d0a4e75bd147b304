// The live view as text: pure, so that a frame can be compared line by line.
import { isFinal } from "../release/state-machine.ts";
import { boundLines, countLines } from "./frame-counts.ts";
import { headerLines, phaseLines, stageLines, trafficLines } from "./frame-progress.ts";
import { adviceLines, smokeLines, storyLines, troubleLines } from "./frame-story.ts";
import type { LiveModel } from "./live-model.ts";
import { line, wide, type Lines } from "./styled-line.ts";

export interface FrameOptions {
  /** Columns that may be used. */
  readonly width: number;
  /** Lines that may be used; what is missed least is left out first. @default as many as it takes */
  readonly height?: number;
  /** Instant. */
  readonly now: number;
  readonly colour: boolean;
}

/** Lines of the journal that are shown where there is room. */
const mostStory = 6;

/** A frame of the live view: no line is longer than the width, and there are no more than the height. */
export function render(model: LiveModel, { width, height = Infinity, now, colour }: FrameOptions): string[] {
  const blocks = width < wide ? narrowBlocks(model, now, width) : wideBlocks(model, now, width);
  return fitInto(blocks, height).map((spans) => line(spans, width, colour));
}

interface Block {
  readonly lines: Lines;
  /** Which block gives lines up first, the lowest first; `undefined`: it gives none. */
  readonly gives?: number;
}

function wideBlocks(model: LiveModel, now: number, width: number): readonly Block[] {
  const over = model.ended || isFinal(model.state.phase);
  return [
    { lines: headerLines(model, now, width) },
    { lines: stageLines(model, width) },
    { lines: trafficLines(model, width), gives: 5 },
    gap,
    { lines: phaseLines(model, now, width) },
    { lines: smokeLines(model, width), gives: 3 },
    gap,
    { lines: countLines(model, width), gives: 4 },
    { lines: over ? [] : boundLines(model, width), gives: 2 },
    gap,
    { lines: storyLines(model, mostStory), gives: 1 },
    { lines: troubleLines(model, now) },
    gap,
    { lines: adviceLines(model, width) },
  ];
}

function narrowBlocks(model: LiveModel, now: number, width: number): readonly Block[] {
  return [
    { lines: headerLines(model, now, width) },
    { lines: stageLines(model, width) },
    { lines: phaseLines(model, now, width) },
    { lines: smokeLines(model, width), gives: 3 },
    { lines: countLines(model, width), gives: 4 },
    { lines: storyLines(model, 2), gives: 1 },
    { lines: troubleLines(model, now).slice(-1) },
    { lines: adviceLines(model, width), gives: 2 },
  ];
}

/** An empty line between what is there; the first to go. */
const gap: Block = { lines: [[]], gives: 0 };

function fitInto(blocks: readonly Block[], height: number): Lines {
  let kept = blocks.filter((block, index) => block !== gap || hasLines(blocks, index));
  const size = (): number => kept.reduce((sum, { lines }) => sum + lines.length, 0);
  for (let order = 0; order <= 5 && size() > height; order += 1)
    kept = kept.map((block) =>
      // Of a list the oldest lines go, of everything else all: half a table says nothing.
      block.gives !== order ? block : { ...block, lines: order === 1 ? newest(block.lines, size() - height) : [] },
    );
  return kept.flatMap(({ lines }) => lines).slice(0, height);
}

function newest(lines: Lines, fewer: number): Lines {
  return lines.slice(Math.min(lines.length, fewer));
}

/** Whether something stands between this gap and the one before it. */
function hasLines(blocks: readonly Block[], at: number): boolean {
  const before = blocks.slice(0, at);
  const since = before.slice(before.lastIndexOf(gap) + 1);
  return (
    since.some(({ lines }) => lines.length > 0) &&
    blocks.slice(at).some((block) => block !== gap && block.lines.length > 0)
  );
}
