import { UserError } from "../../components/errors/user-error.ts";

/** Nothing says which image the releaser has in this environment. */
export class InClusterNotSetUpError extends UserError {
  override readonly name = "InClusterNotSetUpError";

  constructor(service: string) {
    super(
      `Releases of ${service} from within the cluster are not set up: its release plan names no image for the releaser.\n` +
        "Set `inCluster: { image: … }` in the stack's `atom:release`, and bring the environment up.",
    );
  }
}

/** A Job releases this service already. */
export class ReleaserRunningError extends UserError {
  override readonly name = "ReleaserRunningError";
  readonly job: string;

  constructor(service: string, job: string) {
    super(
      `The Job ${job} releases ${service} already.\nFollow it: atom status --watch. Take its release back: atom abort.`,
    );
    this.job = job;
  }
}

/** The credentials of whoever asks are good for less than a Job. */
export class ReleaserForbiddenError extends UserError {
  override readonly name = "ReleaserForbiddenError";

  constructor(detail: string, options?: ErrorOptions) {
    super(
      `The Job cannot be created with these credentials: ${detail}\n` +
        "The deployer may, once the environment is up with `release.inCluster` set. Use its token or an account that manages the namespace, or release " +
        "from here (without --in-cluster).",
      options,
    );
  }
}

/** The releaser's pod did not come to run. */
export class ReleaserNotStartedError extends UserError {
  override readonly name = "ReleaserNotStartedError";

  constructor(job: string, withinMs: number, why: string) {
    super(
      `The releaser did not start within ${withinMs / 1000} s: ${why}\nNothing was begun, and the Job ${job} is deleted.`,
    );
  }
}
