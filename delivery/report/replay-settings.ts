import { UserError } from "../../components/errors/user-error.ts";
import { releasePlanSchema, type ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { seconds, share } from "./figures.ts";

/** A limit or policy that was changed for a replay, as people write it. */
export interface Change {
  readonly key: string;
  readonly then: string;
  readonly now: string;
}

/** A setting is not of the form `key=value`, of an unknown key, or of a value that the key does not take. */
export class ReplaySettingError extends UserError {
  override readonly name = "ReplaySettingError";
  readonly setting: string;

  constructor(setting: string, problem: string, keys: readonly string[]) {
    super(`The setting "${setting}" ${problem}.\nWhat can be set:\n${keys.map((key) => `  ${key}`).join("\n")}`);
    this.setting = setting;
  }
}

/** Values of one kind. */
interface Kind {
  /** For people: what it takes. */
  readonly takes: string;
  /** `undefined` for text that is no such value. */
  readonly parse: (text: string) => number | string | undefined;
  readonly format: (value: unknown) => string;
}

const decimal = /^\d+(?:\.\d+)?$/;

const shareKind: Kind = {
  takes: "a share: 0.5% or 0.005",
  parse: (text) => {
    const number = text.endsWith("%") ? text.slice(0, -1).trimEnd() : text;
    if (!decimal.test(number)) return undefined;
    // 0.7 / 100 is not 0.007.
    return number === text ? Number(number) : Number((Number(number) / 100).toPrecision(15));
  },
  format: (value) => share(Number(value)),
};

/** @param unit milliseconds of what the plan counts in */
const durationKind = (unit: number): Kind => ({
  takes: "a duration: 500ms, 0.5s, 5m, or seconds: 0.5",
  parse: (text) => {
    const [, number, suffix = "s"] = /^(\d+(?:\.\d+)?)(ms|s|m)?$/.exec(text) ?? [];
    if (number === undefined) return undefined;
    const milliseconds = { ms: 1, s: 1_000, m: 60_000 }[suffix] ?? 1_000;
    return Number(((Number(number) * milliseconds) / unit).toPrecision(12));
  },
  format: (value) => seconds((Number(value) * unit) / 1_000),
});

const countKind: Kind = {
  takes: "a whole number",
  parse: (text) => (/^\d+$/.test(text) ? Number(text) : undefined),
  format: String,
};

const policyKind: Kind = {
  takes: "rollback, warn or hold",
  parse: (text) => (["rollback", "warn", "hold"].includes(text) ? text : undefined),
  format: String,
};

interface Key {
  readonly path: readonly (string | number)[];
  readonly kind: Kind;
}

/** What can be set, by the name that people use: where it is in the plan, and what it takes. */
function keysOf({ thresholds }: ReleasePlan): ReadonlyMap<string, Key> {
  const unknowns = ["noData", "metricsUnavailable", "sharedFault"].flatMap((name): [string, Key][] => [
    [`policies.${name}.policy`, { path: ["policies", name, "policy"], kind: policyKind }],
    [`policies.${name}.deadline`, { path: ["policies", name, "deadline"], kind: durationKind(1) }],
  ]);
  const custom = thresholds.metrics.flatMap(({ name }, index): [string, Key][] => [
    [`gate.metrics.${name}.max`, { path: ["thresholds", "metrics", index, "max"], kind: shareKind }],
    [`gate.metrics.${name}.policy`, { path: ["thresholds", "metrics", index, "policy"], kind: policyKind }],
  ]);
  return new Map<string, Key>([
    ["gate.errorRate.max", { path: ["thresholds", "errorRate", "max"], kind: shareKind }],
    ["gate.errorRate.policy", { path: ["thresholds", "errorRate", "policy"], kind: policyKind }],
    ["gate.latency.seconds", { path: ["thresholds", "latency", "seconds"], kind: durationKind(1_000) }],
    ["gate.latency.quantile", { path: ["thresholds", "latency", "quantile"], kind: shareKind }],
    ["gate.latency.policy", { path: ["thresholds", "latency", "policy"], kind: policyKind }],
    ["gate.alpha", { path: ["gate", "alpha"], kind: shareKind }],
    ["gate.minRequests", { path: ["gate", "minRequests"], kind: countKind }],
    ...custom,
    ...unknowns,
  ]);
}

/** The plan with other limits and policies. Throws a {@link ReplaySettingError}. */
export function applySettings(
  plan: ReleasePlan,
  settings: readonly string[],
): { readonly plan: ReleasePlan; readonly changes: readonly Change[] } {
  const keys = keysOf(plan);
  const listed = [...keys].map(([name, { kind }]) => `${name} (${kind.takes})`);
  let changed: ReleasePlan = plan;
  const changes: Change[] = [];
  for (const setting of settings) {
    const refuse = (problem: string): ReplaySettingError => new ReplaySettingError(setting, problem, listed);
    const [, name = "", text = ""] = /^([^=]*)=(.*)$/s.exec(setting) ?? [];
    if (name === "") throw refuse("is not of the form key=value");
    const key = keys.get(name.trim());
    if (key === undefined) throw refuse(`has the key "${name.trim()}", which cannot be set`);
    const value = key.kind.parse(text.trim());
    if (value === undefined) throw refuse(`has the value "${text.trim()}"; it takes ${key.kind.takes}`);
    const parsed = releasePlanSchema.safeParse(withValue(changed, key.path, value));
    if (!parsed.success) throw refuse(`is not allowed: ${parsed.error.issues[0]?.message ?? "the plan is not valid"}`);
    const then = key.kind.format(valueAt(plan, key.path));
    changes.push({ key: name.trim(), then, now: key.kind.format(value) });
    changed = parsed.data;
  }
  return { plan: changed, changes };
}

function valueAt(value: unknown, path: Key["path"]): unknown {
  return path.reduce<unknown>((within, step) => (within as Record<string | number, unknown>)[step], value);
}

function withValue(within: unknown, [step, ...rest]: Key["path"], value: unknown): unknown {
  if (step === undefined) return value;
  if (Array.isArray(within))
    return within.map((item: unknown, index) => (index === step ? withValue(item, rest, value) : item));
  const object = within as Record<string | number, unknown>;
  return { ...object, [step]: withValue(object[step], rest, value) };
}
