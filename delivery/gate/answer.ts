import { z } from "zod";
import { cutText } from "../../components/text/cut.ts";
import type { Answer, Problem } from "./measurement.ts";

const value = z.tuple([z.number(), z.string()]);

const body = z.discriminatedUnion("status", [
  z.object({
    status: z.literal("success"),
    data: z.discriminatedUnion("resultType", [
      z.object({ resultType: z.literal("vector"), result: z.array(z.object({ value })) }),
      z.object({ resultType: z.literal("scalar"), result: value }),
    ]),
  }),
  z.object({ status: z.literal("error"), errorType: z.string().optional(), error: z.string().optional() }),
]);

/**
 * Reads the HTTP answer of Prometheus to an instant query (`/api/v1/query`). Never throws: whatever is not a vector or scalar
 * of numbers is a problem (truncated JSON, an HTML page of a proxy, a range vector, an error of Prometheus).
 */
export function parseAnswer(httpStatus: number, text: string): Answer {
  const parsed = body.safeParse(parseJson(text));
  if (!parsed.success) {
    const start = JSON.stringify(text.slice(0, 80));
    return problem("malformed", `Prometheus answered HTTP ${httpStatus} with no instant query result: ${start}.`);
  }
  if (parsed.data.status === "error") {
    const { errorType = "error", error = "no message" } = parsed.data;
    return problem("refused", `Prometheus refused the query (HTTP ${httpStatus}, ${errorType}): ${error}.`);
  }
  if (httpStatus !== 200) return problem("refused", `Prometheus answered HTTP ${httpStatus}.`);
  const { data } = parsed.data;
  const samples = data.resultType === "scalar" ? [data.result] : data.result.map((series) => series.value);
  return { ok: true, values: samples.map(([, sample]) => parseSample(sample)) };
}

/** Prometheus writes numbers as Go does: `NaN`, `+Inf`, `-Inf`, else what JavaScript reads too. Anything else is NaN. */
function parseSample(sample: string): number {
  if (sample === "+Inf" || sample === "Inf") return Infinity;
  if (sample === "-Inf") return -Infinity;
  return sample.trim() === "" ? NaN : Number(sample);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function problem(kind: Problem["kind"], detail: string): Answer {
  return { ok: false, problem: { kind, detail: cutText(detail) } };
}
