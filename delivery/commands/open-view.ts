import { systemClock } from "../clock/system-clock.ts";
import { canDraw, LiveView } from "../view/live.ts";
import { PlainView } from "../view/plain.ts";
import type { ReleaseView, Role } from "../view/release-view.ts";

/**
 * The view for this process: drawn in place on a terminal, else lines for a log. Where standard output is for the result, it goes to
 * standard error.
 */
export function openView(json: boolean | undefined, role: Role = "releaser"): ReleaseView {
  const clock = systemClock;
  const screen = json === true ? process.stderr : process.stdout;
  if (canDraw(screen, process.env)) return new LiveView({ screen, clock, role });
  return new PlainView({ out: screen, clock, annotations: process.env.GITHUB_ACTIONS === "true" });
}

/** Says of ATOM_CHANGE that it is ignored where it cannot be read: a command that does not need it is not kept from its work by it. */
export async function noteUnreadableChange(note: (line: string) => void): Promise<void> {
  // What reads it is loaded only where there is something to read.
  if (process.env.ATOM_CHANGE === undefined) return;
  const { unreadableChange } = await import("../wiring/change.ts");
  const unreadable = unreadableChange(process.env);
  if (unreadable !== undefined) note(unreadable);
}
