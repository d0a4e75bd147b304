import type { TerminalOptions } from "../report/terminal.ts";

const plainWidth = 120;

/** How wide a page for this stream may be, and whether it may have colours. */
export function terminalOf(stream: NodeJS.WriteStream): TerminalOptions {
  const drawn = stream.isTTY;
  return { width: drawn ? stream.columns : plainWidth, colour: drawn && stream.hasColors() };
}
