import type { Clock } from "../release/ports.ts";
import type { PrometheusClient, Reading } from "./client.ts";

/** One of the looks at a Prometheus before it is relied upon. */
export interface Check {
  readonly name: "healthy" | "rules" | "sample query";
  readonly ok: boolean;
  /** For people. */
  readonly detail: string;
  /** Milliseconds. */
  readonly duration: number;
}

/** What is known of a Prometheus before it is relied upon (R8). */
export interface PrometheusReport {
  /** `degraded`: something is wrong with it; `unset`: there is none. Neither stops a release: its policy decides. */
  readonly status: "usable" | "degraded" | "unset";
  readonly checks: readonly Check[];
  /** For people, one line each; empty when it is usable. */
  readonly warnings: readonly string[];
}

export interface CheckOptions {
  /** @default `up{job="atom"}` */
  readonly sampleQuery?: string;
  /** A rule group that must be loaded. @default any */
  readonly ruleGroup?: string;
}

/** The report where no Prometheus is to be asked. */
export function prometheusUnset(why: string): PrometheusReport {
  return {
    status: "unset",
    checks: [],
    warnings: [`Prometheus is not asked: ${why}. Steps are judged by the pods' own counters alone.`],
  };
}

/** Asks whether it is healthy, whether its rules evaluate, and for something that it must know. Rejects with the signal's reason alone. */
export async function checkPrometheus(
  client: PrometheusClient,
  clock: Clock,
  { sampleQuery = 'up{job="atom"}', ruleGroup }: CheckOptions,
  signal: AbortSignal,
): Promise<PrometheusReport> {
  const checks = await Promise.all([
    timed(clock, "healthy", async () =>
      judge(await client.healthy(signal), () => ({ ok: true, detail: "it says it is healthy" })),
    ),
    timed(clock, "rules", async () =>
      judge(await client.rules(signal), (rules) => {
        const meant = ruleGroup === undefined ? rules : rules.filter(({ group }) => group === ruleGroup);
        if (ruleGroup !== undefined && meant.length === 0)
          return { ok: false, detail: `the rule group ${ruleGroup} is not loaded` };
        const failing = meant.filter(({ health }) => health === "err");
        const listed = failing.map(({ name, lastError = "no reason given" }) => `${name}: ${lastError}`).join("; ");
        return failing.length === 0
          ? { ok: true, detail: `${meant.length} rules loaded, none failing` }
          : { ok: false, detail: `${failing.length} of ${meant.length} rules fail to evaluate (${listed})` };
      }),
    ),
    timed(clock, "sample query", async () => {
      const { answer } = await client.query(sampleQuery, signal);
      if (!answer.ok) return { ok: false, detail: answer.problem.detail };
      return answer.values.length > 0
        ? { ok: true, detail: `${sampleQuery} answers ${answer.values.length} series` }
        : { ok: false, detail: `${sampleQuery} answers nothing: is the service scraped?` };
    }),
  ]);
  const warnings = checks.filter(({ ok }) => !ok).map(({ name, detail }) => `Prometheus, ${name}: ${detail}`);
  return { status: warnings.length === 0 ? "usable" : "degraded", checks, warnings };
}

type Outcome = Pick<Check, "ok" | "detail">;

async function timed(clock: Clock, name: Check["name"], look: () => Promise<Outcome>): Promise<Check> {
  const start = clock.monotonic();
  const outcome = await look();
  return { name, ...outcome, duration: clock.monotonic() - start };
}

function judge<T>(reading: Reading<T>, good: (value: T) => Outcome): Outcome {
  return reading.ok ? good(reading.value) : { ok: false, detail: reading.problem.detail };
}
