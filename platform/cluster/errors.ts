/** The parts of a message that a person can act upon. */
export interface ClusterProblem {
  /** What cannot be done or is wrong, as a clause. */
  readonly what: string;
  readonly why: string;
  /** What to do next. */
  readonly wayOut: string;
}

/** The embedded cluster, or the one that a context names, cannot be had. A person can act upon the message; no stack is needed. */
export class ClusterError extends Error {
  override readonly name = "ClusterError";
  readonly problem: ClusterProblem;

  constructor(problem: ClusterProblem, options?: ErrorOptions) {
    super(`${problem.what}: ${problem.why}.\nWay out: ${problem.wayOut}.`, options);
    this.problem = problem;
  }
}
