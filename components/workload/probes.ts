/** An HTTP GET on the container's port. */
export interface Probe {
  readonly path: string;
  /** The answer must be there within this time. */
  readonly timeoutSeconds: number;
  readonly periodSeconds: number;
  /** This many failures in a row count as one. */
  readonly failureThreshold: number;
}

/** The three questions that the kubelet asks of a container. */
export interface Probes {
  /** Has it started? The others are not asked before. */
  readonly startup: Probe;
  /** Is the process alive? If not, it is restarted. */
  readonly liveness: Probe;
  /** Can it serve? If not, it gets no requests. */
  readonly readiness: Probe;
}
