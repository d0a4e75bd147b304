// What an API server's refusal means to a releaser. Callers branch on the class, people read the message.
import { cutText } from "../../components/text/cut.ts";

/** What was asked of the API server when it failed. */
export interface ClusterCall {
  readonly verb: "get" | "list" | "watch" | "create" | "patch" | "delete" | "proxy";
  /** Resource and name, for example `virtualservices atom-production/atom`. */
  readonly target: string;
  /** HTTP status; absent where no answer came. */
  readonly status?: number;
}

/** Any failed call to the Kubernetes API server. The subclasses say what to do about it. */
export class ClusterError extends Error {
  override readonly name: string = "ClusterError";
  readonly call: ClusterCall;

  constructor(call: ClusterCall, detail: string, options?: ErrorOptions) {
    // What the API server says may be what a pod said, of any length.
    super(cutText(`${call.verb} ${call.target}: ${detail}`), options);
    this.call = call;
  }
}

/** 404: the object, its kind or its namespace does not exist. */
export class NotFoundError extends ClusterError {
  override readonly name = "NotFoundError";
}

/** 409: the object changed since it was read (or, on create, exists). Read again and decide anew. */
export class ConflictError extends ClusterError {
  override readonly name = "ConflictError";
}

/** 410: the API server no longer knows what happened since the version that a watch asked to go on from. List again. */
export class ExpiredError extends ClusterError {
  override readonly name = "ExpiredError";
}

/** 401 or 403: these credentials may not do that. Repeating the call is useless. */
export class ForbiddenError extends ClusterError {
  override readonly name = "ForbiddenError";
}

/** 400, 413 or 422: the API server understood and refused the object. Repeating the call is useless. */
export class InvalidError extends ClusterError {
  override readonly name = "InvalidError";
}

/** No usable answer: refused connection, deadline, 429, 5xx. For a write it is unknown whether it took place. */
export class UnreachableError extends ClusterError {
  override readonly name = "UnreachableError";
}

/** Another releaser has taken over: this one must stop without acting. */
export class LeaseLostError extends Error {
  override readonly name = "LeaseLostError";
  /**
   * `taken`: someone else holds the lease or a higher fence; never act again.
   * `expired`: it could not be renewed in time; acting may go on only after taking the lease anew.
   */
  readonly how: "taken" | "expired";

  constructor(how: "taken" | "expired", detail: string, options?: ErrorOptions) {
    super(`The release lease is lost: ${detail}`, options);
    this.how = how;
  }
}
