import { activeTotal, candidateTotal, followTotal, type Period } from "../gate/counts.ts";
import type { Measurement } from "../gate/measurement.ts";
import type { StepMeasurement } from "./ports.ts";

/**
 * Keeps apart what was counted early and late in a step. A step is measured again and again from its beginning; as one sum, a fault that
 * begins after an hour of good requests would have to outweigh all of them before it is seen.
 */
export class StepPeriods {
  readonly #periods = new Map<string, readonly Period[]>();

  /** The measurement with its counts, which are those since the step began, divided into periods. What could not be read divides nothing. */
  divide<M extends StepMeasurement>(measured: M): M {
    const custom = Object.entries(measured.custom).map(([name, one]) => [name, this.#follow(`custom ${name}`, one)]);
    return {
      ...measured,
      errorRate: this.#follow("errorRate", measured.errorRate),
      latency: this.#follow("latency", measured.latency),
      custom: Object.fromEntries(custom) as StepMeasurement["custom"],
    };
  }

  #follow(metric: string, measurement: Measurement): Measurement {
    if (measurement.status !== "read") return measurement;
    const sinceFirst = { candidate: candidateTotal(measurement.periods), active: activeTotal(measurement.periods) };
    const periods = followTotal(this.#periods.get(metric) ?? [], sinceFirst);
    this.#periods.set(metric, periods);
    return { ...measurement, periods };
  }
}
