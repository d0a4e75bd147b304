import type { Clock, GuardSnapshot } from "../release/ports.ts";
import type { JournalEntry, ReleaseState } from "../release/state.ts";
import { isFinal } from "../release/state-machine.ts";
import { count } from "../report/figures.ts";
import { wayOf } from "../smoke/way.ts";
import { duration } from "./quantities.ts";
import type { ReleaseView, SmokeStepSeen, Through, ViewedRelease } from "./release-view.ts";
import { oneLine } from "./terminal-text.ts";
import { doneNow, happened, versionsOf } from "./words.ts";

export interface PlainViewOptions {
  /** Where lines go; `process.stdout` is one. */
  readonly out: { write(text: string): unknown };
  readonly clock: Pick<Clock, "now">;
  /** How long a log may be silent while requests are counted, in milliseconds. @default 60000 */
  readonly heartbeat?: number;
  /** Whether warnings are written as GitHub's workflow commands, so that a run's page shows them. @default false */
  readonly annotations?: boolean;
}

const minute = 60_000;

/** One line for each thing that happens: for logs, where nothing can be redrawn. */
export class PlainView implements ReleaseView {
  readonly #options: PlainViewOptions;
  #origin: number;
  #lastLine: number;
  #release: ViewedRelease | undefined;
  #state: ReleaseState | undefined;
  #trouble = "";

  constructor(options: PlainViewOptions) {
    this.#options = options;
    this.#origin = options.clock.now();
    this.#lastLine = this.#origin;
  }

  note(text: string): void {
    this.#line(this.#now(), oneLine(text));
  }

  begin(release: ViewedRelease): void {
    this.#release = release;
    this.#state = release.state;
    this.#origin = Math.min(this.#origin, release.startedAt);
    const { id, plan, from, to, hotfix } = release;
    const [older, newer] = versionsOf(release);
    const steps = plan.steps.map((step) => ("percent" in step ? `${step.percent}` : "approval")).join(" → ");
    const name = `release ${id} of ${plan.service} in ${plan.environment}`;
    this.note(`${name}: ${older} in ${from.slot} → ${newer} in ${to.slot}, ${steps} %`);
    if (hotfix !== undefined) this.note(`a hotfix, without the canary's waits: ${hotfix}`);
    const last = release.journal.at(-1);
    if (release.journal.length <= 1 || last === undefined)
      this.#percent(this.#now(), `now ${doneNow(release.state, release)}`);
    else this.#percent(this.#now(), `so far: ${happened(last)}; ${thenDone(release.state, release)}`);
  }

  notify(entry: JournalEntry, state: ReleaseState): void {
    const at = Date.parse(entry.at);
    const changed = this.#state?.phase !== state.phase;
    this.#state = state;
    this.#trouble = "";
    const told = happened(entry);
    if (entry.event === "warned" || entry.event === "noted") this.#warn(at, told);
    else if (!changed || this.#release === undefined) this.#percent(at, told);
    else this.#percent(at, `${told}; ${thenDone(state, this.#release)}`);
  }

  trouble(detail: string): void {
    const told = oneLine(detail);
    // The same thing that is tried four times a second is said once.
    if (told === this.#trouble && this.#now() - this.#lastLine < minute) return;
    this.#trouble = told;
    this.#warn(this.#now(), told);
  }

  onSnapshot({ at, candidate, active }: GuardSnapshot): void {
    const { heartbeat = minute } = this.#options;
    if (at - this.#lastLine < heartbeat || this.#state === undefined) return;
    const told = [candidate, active].map(
      ({ requests, errors, slow }) => `${count(errors)} failed and ${count(slow)} slow of ${count(requests)} requests`,
    );
    this.#percent(at, `still ${this.#state.phase}: the candidate ${told[0] ?? ""}; the active slot ${told[1] ?? ""}`);
  }

  onSmokeStep(through: Through, { name, passed, duration: ms, detail }: SmokeStepSeen): void {
    if (this.#release === undefined) return;
    const how = wayOf(through, this.#release.plan);
    const why = detail === undefined || passed ? "" : `: ${oneLine(detail)}`;
    this.#percent(
      this.#now(),
      `smoke step ${oneLine(name)} ${passed ? "passed" : "FAILED"} (${how}, ${duration(ms)})${why}`,
    );
  }

  end(): void {
    // Every line is complete as it stands.
  }

  [Symbol.dispose](): void {
    this.end();
  }

  #percent(at: number, text: string): void {
    this.#line(at, `[${String(this.#state?.percent ?? 0).padStart(3)} %] ${text}`);
  }

  #warn(at: number, text: string): void {
    if (this.#options.annotations !== true) {
      this.#line(at, `warning: ${text}`);
      return;
    }
    const data = text.replaceAll("%", "%25");
    this.#write(at, `::warning title=atom release::${data}`);
  }

  #line(at: number, text: string): void {
    const time = new Date(at).toISOString().slice(11, 19);
    const since = `+${(Math.max(0, at - this.#origin) / 1000).toFixed(1)} s`;
    this.#write(at, `${time}Z ${since.padStart(9)}  ${text}`);
  }

  #write(at: number, line: string): void {
    this.#lastLine = Math.max(this.#lastLine, at);
    this.#options.out.write(`${line}\n`);
  }

  #now(): number {
    return this.#options.clock.now();
  }
}

function thenDone(state: ReleaseState, release: ViewedRelease): string {
  const done = doneNow(state, release);
  return isFinal(state.phase) ? done : `now ${done}`;
}
