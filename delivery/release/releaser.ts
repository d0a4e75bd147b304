// A releaser's life: take the lease, shut out whoever had it, take up or open a release, run it, give the lease back.
import { leaseName } from "../../components/names/names.ts";
import { LeaseLostError } from "../cluster/errors.ts";
import { acquireLease, LeaseHeldError, type HeldLease } from "../cluster/lease.ts";
import { isSameRelease, ReleaseRefusedError, type ReleaseRequest } from "./opening.ts";
import { Session, type SessionEnd, type SessionOptions, type SessionSignals } from "./session.ts";

/**
 * Releases what is staged, or takes up the same release where another releaser left it.
 * Throws a {@link ReleaseRefusedError}; a ConvergeError when the environment could not be brought up and nothing was staged; a
 * LeaseLostError when another releaser took over; what the ledger throws when it cannot be read.
 */
export async function runRelease(
  options: SessionOptions,
  request: ReleaseRequest,
  signals: SessionSignals,
): Promise<SessionEnd> {
  return withLease(options, signals, { refuse: request.supersede === undefined }, async (session) => {
    const { current } = await session.ledger();
    if (current === null) return session.open(request, signals);
    if (isSameRelease(current, request)) return session.resume(current, signals);
    if (request.supersede === undefined)
      throw new ReleaseRefusedError(
        "different_release",
        `Release ${current.id} of ${current.version} is under way (${current.state.phase}).\n` +
          "Take it up (atom release without --image), take it back (atom abort), or pass it over (--supersede REASON).",
      );
    const detail = `superseded by ${request.by}: ${request.supersede}`;
    const passed = await session.resume(current, signals, { type: "failed", reason: "superseded", detail });
    return passed.end === "over" ? session.open(request, signals) : passed;
  });
}

/**
 * Takes the release under way back, whoever runs it: that one is shut out at once by the fence.
 * Throws a {@link ReleaseRefusedError} when there is none.
 */
export async function takeBack(options: SessionOptions, why: string, signals: SessionSignals): Promise<SessionEnd> {
  return withLease(options, signals, { force: true }, async (session) => {
    const { current, service } = await session.ledger();
    if (current === null) throw new ReleaseRefusedError("no_release", `There is no release of ${service} under way.`);
    return session.resume(current, signals, { type: "failed", reason: "manual", detail: why });
  });
}

/** Does the work with the lease in hand; takes the lease anew and begins again when it only expired (an API server that was away). */
async function withLease(
  options: SessionOptions,
  signals: SessionSignals,
  how: { readonly refuse?: boolean; readonly force?: boolean },
  work: (session: Session) => Promise<SessionEnd>,
): Promise<SessionEnd> {
  const { cluster, clock, plan, holder, onWait } = options;
  const lease = { namespace: plan.namespace, name: leaseName(plan.service) };
  let acquire = how;
  for (;;) {
    const signal = AbortSignal.any([signals.abort, signals.leave]);
    let held: HeldLease;
    try {
      held = await acquireLease({ cluster, clock, lease, holder }, { ...acquire, ...(onWait && { onWait }), signal });
    } catch (error) {
      if (!(error instanceof LeaseHeldError)) throw error;
      throw new ReleaseRefusedError("locked", `${error.message}\nWait for it, or see: atom status.`, { cause: error });
    }
    try {
      return await work(await Session.begin(options, held, signal));
    } catch (error) {
      if (!(error instanceof LeaseLostError) || error.how !== "expired") throw error;
      // Whoever has it by now is alive, and the release is theirs.
      acquire = { refuse: true };
    } finally {
      await held.release();
    }
  }
}
