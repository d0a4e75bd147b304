// A releaser's life: take the lease, shut out whoever had it, take up or open a release, run it, give the lease back.
import type { ReleaseUnderWay } from "../../components/ledger/release-record.ts";
import { leaseName } from "../../components/names/names.ts";
import { ClusterError, LeaseLostError, UnreachableError } from "../cluster/errors.ts";
import { acquireLease, LeaseHeldError, type HeldLease } from "../cluster/lease.ts";
import { isSameRelease, ReleaseRefusedError, type ReleaseRequest } from "./opening.ts";
import type { ReleaseEvent } from "./state-machine.ts";
import { Session, type SessionEnd, type SessionOptions, type SessionSignals } from "./session.ts";
import { tryRoutes } from "./shut-out.ts";

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
  return withLease(options, signals, { refuse: request.supersede === undefined }, async (session, lost) => {
    const { current } = await session.ledger();
    if (lost !== undefined) return session.resume(stillUnderWay(current, lost), signals);
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
 *
 * @param withdraws whether its template is not to be staged again by itself @default false: it may be, as after an abort
 */
export async function takeBack(
  options: SessionOptions,
  why: string,
  signals: SessionSignals,
  withdraws = false,
): Promise<SessionEnd> {
  const back: ReleaseEvent = { type: "failed", reason: "manual", detail: why, ...(withdraws ? { withdraws } : {}) };
  return withLease(options, signals, { force: true }, async (session, lost) => {
    const { current, service } = await session.ledger();
    if (lost !== undefined) return session.resume(stillUnderWay(current, lost), signals, back);
    if (current === null) throw new ReleaseRefusedError("no_release", `There is no release of ${service} under way.`);
    return session.resume(current, signals, back);
  });
}

/**
 * Rolls back at once, whoever releases. A release that is under way is rolled back; an emergency rollback that another process left is
 * resumed; else what `options.prepare` stages gets all traffic.
 */
export async function rollBackNow(
  options: SessionOptions,
  request: ReleaseRequest,
  signals: SessionSignals,
): Promise<SessionEnd> {
  const detail = `rolled back by ${request.by}: ${request.rollback ?? ""}`;
  const back: ReleaseEvent = { type: "failed", reason: "manual", detail, withdraws: true };
  const opening: ReleaseRequest = { ...request, emergency: true };
  return withLease(options, signals, { force: true }, async (session, lost) => {
    const { current } = await session.ledger();
    const own = lost === undefined ? current : stillUnderWay(current, lost);
    if (own === null) return session.open(opening, signals);
    if (own.emergency === true) return session.resume(own, signals);
    const ended = await session.resume(own, signals, back);
    // It was past the point up to which a release is rolled back.
    const serves = ended.end === "over" && ended.state.phase === "released";
    return serves ? session.open(opening, signals) : ended;
  });
}

/** What a releaser that lost its lease may go on with: its own release, if nobody has ended it meanwhile. */
function stillUnderWay(current: ReleaseUnderWay | null, id: string): ReleaseUnderWay {
  if (current?.id === id) return current;
  throw new LeaseLostError("taken", `another releaser has ended release ${id}`);
}

/** @param lost the release that this process was at when it lost its lease */
type Work = (session: Session, lost: string | undefined) => Promise<SessionEnd>;

interface Acquiring {
  readonly refuse?: boolean;
  readonly force?: boolean;
}

/** Between two tries to get back what was lost, in milliseconds. */
const againAfter = 1_000;
/** How long a refusal is taken for an outage of the authentication, and not for an account that may no longer release, in milliseconds. */
const refusedFor = 300_000;

/**
 * Does the work with the lease in hand. When the lease only expired (an API server that was away) it is taken anew, however long that takes, and so
 * it is where another releaser was shut out for this one, which then could not begin: nobody else is at the release.
 */
async function withLease(
  options: SessionOptions,
  { abort, leave }: SessionSignals,
  how: Acquiring,
  work: Work,
): Promise<SessionEnd> {
  const { clock } = options;
  let lost: string | undefined;
  const self = { hasShutOut: false, hasBegun: false };
  const attempt = async (signal: AbortSignal, acquiring: Acquiring): Promise<SessionEnd> => {
    self.hasBegun = false;
    const held = await acquire(options, signal, acquiring);
    self.hasShutOut ||= acquiring.force === true;
    let session: Session | undefined;
    try {
      session = await Session.begin(options, held, signal);
      self.hasBegun = true;
      return await work(session, lost);
    } finally {
      lost = session?.releaseId ?? lost;
      await held.release();
    }
  };
  try {
    return await attempt(AbortSignal.any([abort, leave]), how);
  } catch (error) {
    const isOrphaned = self.hasShutOut && !self.hasBegun && error instanceof UnreachableError;
    if (!isExpired(error) && !isOrphaned) throw error;
  }
  // From here on there may be traffic that only we know of: an abort is a reason to get back to it, and none to give up.
  let refusedSince: number | undefined;
  for (;;) {
    try {
      await clock.sleep(againAfter, leave);
      return await attempt(leave, { refuse: true });
    } catch (error) {
      if (error instanceof ReleaseRefusedError && error.refusal === "locked")
        throw new LeaseLostError("taken", error.message, { cause: error });
      const isAway = isExpired(error) || error instanceof UnreachableError;
      if (!isAway && (self.hasBegun || !(error instanceof ClusterError))) throw error;
      refusedSince = isAway ? undefined : (refusedSince ?? clock.monotonic());
      if (refusedSince !== undefined && clock.monotonic() - refusedSince >= refusedFor) throw error;
    }
  }
}

async function acquire(
  options: SessionOptions,
  signal: AbortSignal,
  { refuse = false, force = false }: Acquiring,
): Promise<HeldLease> {
  const { cluster, clock, plan, holder, onWait } = options;
  const lease = { namespace: plan.namespace, name: leaseName(plan.service) };
  const forced = { force: (limited: AbortSignal) => tryRoutes(options, limited) };
  const how = { refuse, ...(force && forced), ...(onWait && { onWait }), signal };
  try {
    return await acquireLease({ cluster, clock, lease, holder }, how);
  } catch (error) {
    if (!(error instanceof LeaseHeldError)) throw error;
    throw new ReleaseRefusedError("locked", `${error.message}\nWait for it, or see: atom status.`, { cause: error });
  }
}

function isExpired(error: unknown): boolean {
  return error instanceof LeaseLostError && error.how === "expired";
}
