import type { Period } from "./counts.ts";
import type { Alternative, SequentialTest } from "./e-process.ts";
import { assertRate, HIGHEST_RATE, logSpaced, lowestAlternative } from "./e-process.ts";

/**
 * The share of the threshold that the candidate may add to what it suffers together with the active slot.
 *
 * With all of it, even a candidate that is always within the threshold but worse than the active slot could never be blamed
 * for an outage that strikes later; that costs a third more requests to tell 1 % from 0.05 %. With none, such a candidate was
 * blamed in 2 % of simulated outages. A quarter costs little and was never blamed in that simulation.
 */
export const OWN_SHARE = 0.25;

const ACTIVE_RATES = 6;
const CANDIDATE_RATES = 10;
/** Each higher rate of the active slot gets this much less of the mixture: a sound active slot is the common case. */
const DECAY = 0.5;
const HIGHEST_ACTIVE_RATE = 0.6;

/**
 * The blame test: is what the candidate suffers its *own* fault?
 *
 * Null: a shared fault hits the requests of both slots alike, at a rate that may change at any moment, and the candidate
 * adds at most m = threshold/4 of its own: `1 − q_candidate ≥ (1 − q_active)(1 − m)`. An outage that both slots share is
 * within it, steady or sudden, whatever its size.
 *
 * GATE.md's rule for this, p0 = max(threshold, 99 % Clopper-Pearson limit of the active slot), moves p0 with every look, and
 * that limit holds at one look only, so nothing bounds its error over all of them; and it throws away that the slots are
 * read side by side. This test has no p0 to move. For an alternative (a, b), the candidate's and the active slot's rate, and
 * the candidate's share s of the requests, it is the likelihood ratio against the nearest point (μ, λ) of the null (its
 * reverse information projection): μ = 1 − (1−λ)(1−m), and λ in (0, 1) solves
 *
 *     s·a/μ + (1−s)·b/λ = 1
 *
 * Then the next request, which is the candidate's with chance s, multiplies E by 1 on average at both extremes of the null
 * (everything fails; the candidate fails at m and the active slot never), and therefore by at most 1 everywhere within it. So
 * E is a supermartingale, mixtures of alternatives too, and P(E ≥ 1/alpha, ever) ≤ alpha by Ville's inequality. With m = 0
 * it is the test of Turner, Ly, Grünwald 2024, "Generic E-variables for exact sequential k-sample tests that allow for
 * optional stopping".
 *
 * s is the share observed in the period and not the configured weight, which sticky sessions or callers inside the mesh may
 * shift. For any fixed split E stays an e-value at each look (by the arithmetic-geometric mean inequality); that nothing is
 * lost while s settles is what the simulations in test/delivery/gate show.
 *
 * In a period without an active slot, the null is the threshold itself.
 *
 * @throws RangeError unless 0 < threshold < 0.999.
 */
export function blameTest(threshold: number): SequentialTest<Period> {
  assertRate(threshold);
  const own = OWN_SHARE * threshold;
  const rows = logSpaced(threshold / 2, HIGHEST_ACTIVE_RATE, ACTIVE_RATES);
  const mass = rows.reduce((sum, _, index) => sum + DECAY ** index, 0);
  return rows.flatMap((active, index) => {
    const logWeight = Math.log(DECAY ** index / mass / CANDIDATE_RATES);
    const lowest = lowestAlternative(withOwnFault(active, own));
    return logSpaced(lowest, HIGHEST_RATE, CANDIDATE_RATES).map((candidate) =>
      blameAlternative({ candidate, active, own, threshold, logWeight }),
    );
  });
}

/** The rates of an alternative: what each slot would suffer. */
export type Rates = { readonly candidate: number; readonly active: number };

/**
 * The null point nearest to an alternative when the candidate gets `share` (0 to 1) of the requests.
 *
 * With μ = λ + (1−λ)m the condition of {@link blameTest} is a quadratic in λ with one root in (0, 1].
 */
export function nearestNull(alternative: Rates, share: number, own: number): Rates {
  const square = 1 - own;
  const linear = own - share * alternative.candidate - (1 - share) * alternative.active * (1 - own);
  const constant = -(1 - share) * alternative.active * own;
  const root = Math.sqrt(linear * linear - 4 * square * constant);
  // Of the two equal forms of the positive root, the one that does not subtract nearly equal numbers.
  const active = linear > 0 ? (-2 * constant) / (linear + root) : (root - linear) / (2 * square);
  return { active, candidate: withOwnFault(active, own) };
}

function blameAlternative(
  given: Rates & { readonly own: number; readonly threshold: number; readonly logWeight: number },
): Alternative<Period> {
  const { candidate, active, own, threshold, logWeight } = given;
  return {
    logWeight,
    logRatio: (period) => {
      const seen = period.candidate;
      // An alternative below the threshold is no evidence against it.
      if (period.active === null)
        return candidate > threshold ? logRatio(seen.bad, seen.total, candidate, threshold) : 0;
      const requests = seen.total + period.active.total;
      if (requests === 0) return 0;
      const point = nearestNull(given, seen.total / requests, own);
      return (
        logRatio(seen.bad, seen.total, candidate, point.candidate) +
        logRatio(period.active.bad, period.active.total, active, point.active)
      );
    },
  };
}

function logRatio(bad: number, total: number, rate: number, nullRate: number): number {
  if (total === 0) return 0;
  return bad * Math.log(rate / nullRate) + (total - bad) * (Math.log1p(-rate) - Math.log1p(-nullRate));
}

/** The rate of a slot that suffers a shared fault and, independently, one of its own. */
function withOwnFault(shared: number, own: number): number {
  return shared + (1 - shared) * own;
}
