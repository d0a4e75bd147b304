import { z } from "zod";
import { cutText } from "../../components/text/cut.ts";

/** A rule that a Prometheus has loaded. */
export interface Rule {
  readonly group: string;
  readonly name: string;
  /** `unknown` until it was first evaluated. */
  readonly health: "ok" | "err" | "unknown";
  /** What its last evaluation failed with. */
  readonly lastError: string | undefined;
}

const rulesBody = z.object({
  status: z.literal("success"),
  data: z.object({
    groups: z.array(
      z.object({
        name: z.string(),
        rules: z.array(
          z.object({
            name: z.string(),
            health: z.enum(["ok", "err", "unknown"]).catch("unknown"),
            lastError: z.string().optional(),
          }),
        ),
      }),
    ),
  }),
});

const remarks = z.object({
  warnings: z.array(z.string()).optional(),
  infos: z.array(z.string()).optional(),
});

/** Of one answer. */
const mostRemarks = 10;

/** The rules in an answer of `/api/v1/rules`; `undefined` when it is none. */
export function parseRules(body: string): readonly Rule[] | undefined {
  const parsed = rulesBody.safeParse(parseJson(body));
  if (!parsed.success) return undefined;
  return parsed.data.data.groups.flatMap(({ name: group, rules }) =>
    rules.map(({ name, health, lastError }) => ({
      group,
      name,
      health,
      lastError: lastError === undefined || lastError === "" ? undefined : cutText(lastError),
    })),
  );
}

/** What Prometheus remarks on an answer that it nevertheless gives: a store that did not answer, a query that is likely wrong. */
export function parseWarnings(body: string): readonly string[] {
  const parsed = remarks.safeParse(parseJson(body));
  if (!parsed.success) return [];
  const { warnings = [], infos = [] } = parsed.data;
  return [...warnings, ...infos].slice(0, mostRemarks).map((remark) => cutText(remark));
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
