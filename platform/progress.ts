/** What a task may say about itself when it starts. */
export interface TaskOptions {
  /** How long the task usually takes, in seconds; shown beside the time that has passed. @default none is shown */
  readonly estimateSeconds?: number;
  /** What is ahead of the task, asked for whenever it is shown, in the place of the estimate. */
  readonly outlook?: (() => string) | undefined;
}

/** Tells a person what is going on. Tasks may run at the same time; `note` may be called while they do. */
export interface Reporter {
  /**
   * Runs `work` and reports its start, its latest `update` with the time passed, and its end.
   * Returns what `work` returns; an error that it throws is reported as a failure and thrown again unchanged.
   */
  task<T>(title: string, options: TaskOptions, work: (update: (text: string) => void) => Promise<T>): Promise<T>;
  /** Prints one line that stays. */
  note(text: string): void;
}

/** Says nothing: for tests and for output that a program reads. */
export const silentReporter: Reporter = {
  task: (_title, _options, work) => work(() => undefined),
  note: () => undefined,
};

/** The part of a stream that a reporter writes to; `process.stderr` is one. */
export interface Screen {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): unknown;
}

export interface ReporterClock {
  /** Milliseconds, from any start. */
  now(): number;
  /** Calls back every so many milliseconds until the function it returns is called; keeps no process alive. */
  every(milliseconds: number, callback: () => void): () => void;
}

const systemClock: ReporterClock = {
  now: () => performance.now(),
  every(milliseconds, callback) {
    const timer = setInterval(callback, milliseconds).unref();
    return () => {
      clearInterval(timer);
    };
  },
};

/**
 * A reporter for people: on a terminal, lines that change in place; elsewhere, plain lines at the start, every 15 seconds
 * and at the end.
 */
export function createReporter(screen: Screen = process.stderr, clock: ReporterClock = systemClock): Reporter {
  return screen.isTTY === true ? new LiveReporter(screen, clock) : new PlainReporter(screen, clock);
}

interface Task {
  readonly title: string;
  readonly estimateSeconds: number | undefined;
  readonly outlook: (() => string) | undefined;
  readonly startedAt: number;
  doing: string;
}

/** What both views share: the tasks that run, and a timer that ticks only while there are any. */
abstract class TaskReporter implements Reporter {
  protected readonly screen: Screen;
  protected readonly tasks = new Set<Task>();
  readonly #clock: ReporterClock;
  readonly #tickMs: number;
  #stopTicking: (() => void) | undefined;

  constructor(screen: Screen, clock: ReporterClock, tickMs: number) {
    this.screen = screen;
    this.#clock = clock;
    this.#tickMs = tickMs;
  }

  async task<T>(title: string, options: TaskOptions, work: (update: (text: string) => void) => Promise<T>): Promise<T> {
    const { estimateSeconds, outlook } = options;
    const task: Task = { title, estimateSeconds, outlook, startedAt: this.#clock.now(), doing: "" };
    this.tasks.add(task);
    this.#stopTicking ??= this.#clock.every(this.#tickMs, () => {
      this.tick();
    });
    this.started(task);
    try {
      const result = await work((text) => {
        task.doing = text;
      });
      this.#end(task, `done    ${title} in ${duration(this.elapsed(task))}`);
      return result;
    } catch (error) {
      this.#end(task, `failed  ${title} after ${duration(this.elapsed(task))}`);
      throw error;
    }
  }

  abstract note(text: string): void;
  protected abstract started(task: Task): void;
  protected abstract tick(): void;

  /** Seconds since the task began. */
  protected elapsed(task: Task): number {
    return (this.#clock.now() - task.startedAt) / 1_000;
  }

  /** Where a running task is: its title, its latest update, the time passed and what it still takes, or usually takes. */
  protected progress(task: Task): string {
    const doing = task.doing === "" ? "" : `: ${task.doing}`;
    const passed = this.elapsed(task);
    return `${task.title}${doing}, ${duration(passed)}${task.outlook === undefined ? usual(task.estimateSeconds, passed) : `; ${task.outlook()}`}`;
  }

  #end(task: Task, line: string): void {
    this.tasks.delete(task);
    if (this.tasks.size === 0) {
      this.#stopTicking?.();
      this.#stopTicking = undefined;
    }
    this.note(line);
  }
}

class PlainReporter extends TaskReporter {
  constructor(screen: Screen, clock: ReporterClock) {
    super(screen, clock, 15_000);
  }

  note(text: string): void {
    this.screen.write(`${text}\n`);
  }

  protected started({ title, estimateSeconds }: Task): void {
    const usual = estimateSeconds === undefined ? "" : ` (about ${duration(estimateSeconds)})`;
    this.note(`start   ${title}${usual}`);
  }

  protected tick(): void {
    for (const task of this.tasks) this.note(`still   ${this.progress(task)}`);
  }
}

class LiveReporter extends TaskReporter {
  #lines = 0;

  constructor(screen: Screen, clock: ReporterClock) {
    super(screen, clock, 250);
  }

  note(text: string): void {
    this.#draw(`${text}\n`);
  }

  protected started(): void {
    this.#draw("");
  }

  protected tick(): void {
    this.#draw("");
  }

  /** Puts text that stays above the lines that change. */
  #draw(text: string): void {
    const width = Math.max(20, this.screen.columns ?? 80) - 1;
    const back = this.#lines === 0 ? "" : `\u001b[${this.#lines}A\r\u001b[J`;
    const lines = [...this.tasks].map((task) => fit(`  ...   ${this.progress(task)}`, width));
    this.#lines = lines.length;
    this.screen.write(`${back}${text}${lines.map((line) => `${line}\n`).join("")}`);
  }
}

/** A line that wrapped would spoil the count of lines to go back. */
function fit(text: string, width: number): string {
  return text.length <= width ? text : `${text.slice(0, width - 1)}…`;
}

/** A task that takes longer than it usually does is not said to be at 14 minutes of 6. */
function usual(estimateSeconds: number | undefined, passed: number): string {
  if (estimateSeconds === undefined) return "";
  return passed <= estimateSeconds ? ` of about ${duration(estimateSeconds)}` : ", longer than estimated";
}

/** Whole seconds below two minutes, then minutes and seconds. */
function duration(seconds: number): string {
  const whole = Math.round(seconds);
  if (whole < 120) return `${whole} s`;
  const rest = whole % 60;
  return `${Math.floor(whole / 60)} min${rest === 0 ? "" : ` ${rest} s`}`;
}
