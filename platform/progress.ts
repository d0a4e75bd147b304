/** What a task may say about itself when it starts. */
export interface TaskOptions {
  /** How long the task usually takes, in seconds; shown beside the time that has passed. @default none is shown */
  readonly estimateSeconds?: number;
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
