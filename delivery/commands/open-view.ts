import { systemClock } from "../clock/system-clock.ts";
import { PlainView } from "../view/plain.ts";
import type { ReleaseView } from "../view/release-view.ts";

/** The view for this process: lines in a log, on standard error where standard output is for the result. */
export function openView(json: boolean | undefined): ReleaseView {
  const annotations = process.env.GITHUB_ACTIONS === "true";
  return new PlainView({ out: json === true ? process.stderr : process.stdout, clock: systemClock, annotations });
}
