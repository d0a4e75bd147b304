import type { Clock, GuardSnapshot } from "../release/ports.ts";
import type { JournalEntry, ReleaseState } from "../release/state.ts";
import { render } from "./frame.ts";
import { InPlace, type Screen } from "./in-place.ts";
import { begun, counted, smoked, transitioned, troubled, type LiveModel } from "./live-model.ts";
import { beforeExit, type ProcessEvents } from "./process-exits.ts";
import type { ReleaseView, Role, SmokeStepSeen, Through, ViewedRelease } from "./release-view.ts";
import { oneLine } from "./terminal-text.ts";

/** What a view of a release is drawn on. */
export interface Terminal extends Screen {
  readonly isTTY?: boolean | undefined;
  hasColors?(env?: object): boolean;
}

export interface LiveViewOptions {
  readonly screen: Terminal;
  readonly clock: Clock;
  /** @default "releaser" */
  readonly role?: Role;
  /** @default `process` */
  readonly process?: ProcessEvents;
  /** @default what the terminal is capable of, and NO_COLOR and FORCE_COLOR allow */
  readonly colour?: boolean;
}

/** Ten frames a second at most, in milliseconds from one to the next. */
const frameEvery = 100;

/** Whether a live view can be drawn: on a terminal that understands how to move the cursor, and not in a log. */
export function canDraw({ isTTY }: Terminal, environment: Readonly<Record<string, string | undefined>>): boolean {
  const { TERM: terminal, CI: ci } = environment;
  return isTTY === true && terminal !== "dumb" && (ci === undefined || ci === "" || ci === "false");
}

/**
 * Draws a release in place. Until the release begins, notes are lines that stay, so that what other programs write is not disturbed. It
 * ends with a last frame that stays. Until `end` it keeps the process alive.
 */
export class LiveView implements ReleaseView {
  readonly #options: LiveViewOptions;
  readonly #place: InPlace;
  readonly #colour: boolean;
  readonly #ended = new AbortController();
  #model: LiveModel | undefined;
  #exits: Disposable | undefined;

  constructor(options: LiveViewOptions) {
    const { screen, colour } = options;
    this.#options = options;
    this.#place = new InPlace(screen);
    this.#colour = colour ?? (screen.isTTY === true && screen.hasColors?.() === true);
  }

  note(text: string): void {
    this.#place.above([oneLine(text)]);
  }

  begin(release: ViewedRelease): void {
    const { clock, process: events = process, role = "releaser" } = this.#options;
    if (this.#model !== undefined && this.#model.release.id !== release.id) {
      // The story of a release that was passed over stays.
      this.#draw();
      this.#place.leave();
    }
    this.#model = begun(release, role);
    if (this.#exits !== undefined || this.#ended.signal.aborted) return;
    this.#exits = beforeExit(
      events,
      () => {
        this.#place.showCursor();
      },
      () => {
        // What is written on a signal, and the terminal's own ^C, would be taken for a part of the frame.
        this.#place.clear();
      },
    );
    void this.#keepDrawing(clock);
  }

  notify(entry: JournalEntry, state: ReleaseState): void {
    if (this.#model !== undefined) this.#model = transitioned(this.#model, entry, state);
  }

  trouble(detail: string): void {
    if (this.#model === undefined) this.note(`warning: ${detail}`);
    else this.#model = troubled(this.#model, this.#options.clock.now(), detail);
  }

  onSnapshot(snapshot: GuardSnapshot): void {
    if (this.#model !== undefined) this.#model = counted(this.#model, snapshot);
  }

  onSmokeStep(through: Through, step: SmokeStepSeen): void {
    if (this.#model !== undefined) this.#model = smoked(this.#model, through, step);
  }

  end(): void {
    if (this.#ended.signal.aborted) return;
    this.#ended.abort(new Error("the view has ended"));
    if (this.#model !== undefined) this.#model = { ...this.#model, ended: true };
    this.#draw();
    this.#place.leave();
    this.#place.showCursor();
    this.#exits?.[Symbol.dispose]();
  }

  [Symbol.dispose](): void {
    this.end();
  }

  async #keepDrawing(clock: Clock): Promise<void> {
    const { signal } = this.#ended;
    while (!signal.aborted) {
      this.#draw();
      await clock.sleep(frameEvery, signal).catch(() => undefined);
    }
  }

  #draw(): void {
    if (this.#model === undefined) return;
    const { width, height } = this.#place;
    const now = this.#options.clock.now();
    this.#place.draw(render(this.#model, { width, height, now, colour: this.#colour }));
  }
}
