import { z } from "zod";
import { notifications } from "./notifications.ts";
import { smokeStepSchema } from "./smoke-steps.ts";

/** The newest form of the plan that this version reads and writes. */
export const releasePlanSchemaVersion = 2;

/** The key of the ConfigMap {@link releasePlanName} that holds the plan. */
export const releasePlanKey = "plan.json";

export { releasePlanName } from "../names/names.ts";

const duration = z.int().min(0).describe("milliseconds");
/**
 * A variable of the releaser that a plan may have it read: one name for each use. A plan that could name any would have any secret of
 * the releaser sent to the address beside it.
 */
function variable<Name extends string>(name: Name): z.ZodLiteral<Name> {
  return z.literal(name).describe("the releaser's environment variable, which has this name and no other");
}

/** What to do about it: take the release back, say so and go on, or stop where the last verdict was good and wait for a person. */
const policy = z.enum(["rollback", "warn", "hold"]);

export type Policy = z.output<typeof policy>;

const weightStep = z.strictObject({
  percent: z.int().min(1).max(100).describe("share of the traffic for the candidate"),
  wait: duration.describe("how long the step is watched before it is judged"),
});

const approvalStep = z.strictObject({
  pause: z.literal("approval"),
  deadline: duration.describe("how long to wait for a person; then the release is taken back"),
});

const steps = z
  .array(z.union([weightStep, approvalStep]))
  .min(1)
  .superRefine((list, context) => {
    let highest = 0;
    for (const [index, step] of list.entries()) {
      if (!("percent" in step)) continue;
      if (step.percent <= highest)
        context.addIssue({
          code: "custom",
          path: [index, "percent"],
          message: `${step.percent} must be above the ${highest} before it`,
        });
      highest = Math.max(highest, step.percent);
    }
    const last = list.at(-1);
    if (last !== undefined && !("percent" in last && last.percent === 100))
      context.addIssue({ code: "custom", path: [list.length - 1], message: "the last step must be percent 100" });
  });

/** Counts of bad and of all requests as PromQL, both answering one series without labels; judged as the error rate is. */
const customMetric = z.strictObject({
  name: z.string().regex(/^[a-z][a-zA-Z0-9_]*$/),
  bad: z.string().min(1),
  total: z.string().min(1),
  max: z.number().gt(0).lt(1).describe("share of bad requests that is still good"),
  policy,
});

const thresholds = z.strictObject({
  errorRate: z.strictObject({
    max: z.number().gt(0).lt(1).describe("share of requests answered with 5xx that is still good: 0.001 is 0.1 %"),
    policy,
  }),
  latency: z.strictObject({
    quantile: z.number().gt(0).lt(1).default(0.95),
    seconds: z.number().gt(0).describe("at that quantile; must be an edge of the service's histogram"),
    policy,
  }),
  restarts: z
    .strictObject({ max: z.int().min(0).default(0), policy: policy.default("rollback") })
    .prefault({})
    .describe("container restarts of the candidate while it has traffic"),
  metrics: z.array(customMetric).default([]),
});

/** What to do when a step cannot be judged, once it has lasted this much longer than its wait. */
const patience = (initial: Policy) =>
  z.strictObject({ policy: policy.default(initial), deadline: duration.default(300_000) }).prefault({});

const policies = z.strictObject({
  noData: patience("rollback").describe("the candidate gets no request, or too few to be judged"),
  metricsUnavailable: patience("rollback").describe("Prometheus cannot be asked, or answers nonsense"),
  sharedFault: patience("hold").describe("the active slot is in the same trouble"),
  unconfirmedShift: policy.default("rollback").describe("a weight was not seen in effect within its deadline"),
});

const gate = z.strictObject({
  alpha: z.number().gt(0).lt(0.5).default(0.01).describe("chance that a healthy release fails"),
  minRequests: z.int().min(1).default(100).describe("requests at the candidate before a step can pass"),
  every: duration.default(5_000).describe("between two measurements of a step"),
});

const guard = z.strictObject({
  every: duration.default(250).describe("between two reads of a pod's counters"),
  port: z.int().min(1).max(65_535),
  path: z.string().startsWith("/").default("/metrics"),
});

const prometheusAuth = z.discriminatedUnion("kind", [
  z.strictObject({ kind: z.literal("none") }),
  z.strictObject({ kind: z.literal("bearer"), tokenVariable: variable("PROMETHEUS_TOKEN") }),
  z.strictObject({
    kind: z.literal("basic"),
    usernameVariable: variable("PROMETHEUS_USERNAME"),
    passwordVariable: variable("PROMETHEUS_PASSWORD"),
  }),
]);

const prometheus = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  auth: prometheusAuth.default({ kind: "none" }),
  caFileVariable: variable("PROMETHEUS_CA_FILE")
    .optional()
    .describe("variable with the path of the authorities' PEM file"),
  timeout: duration.default(10_000),
  scrapeInterval: duration.describe("between two scrapes of a pod"),
});

const router = z.discriminatedUnion("kind", [
  z.strictObject({
    kind: z.literal("istio"),
    timeout: duration,
    retries: z.strictObject({ attempts: z.int().min(0), perTryTimeout: duration, on: z.array(z.string()) }),
  }),
  z.strictObject({ kind: z.literal("replicas") }),
]);

const entry = z.strictObject({
  url: z.url({ protocol: /^https?$/ }).describe("where requests go in"),
  host: z.string().min(1).optional().describe("Host header, where it is not that of the URL"),
  caFileVariable: variable("ENTRY_CA_FILE").optional().describe("variable with the path of the authorities' PEM file"),
});

const deadlines = z.strictObject({
  converge: duration.default(1_200_000).describe("for `pulumi up`"),
  ready: duration.default(300_000).describe("until the candidate's pods are ready"),
  smoke: duration.default(120_000),
  confirm: duration.default(30_000).describe("until a weight is seen in effect"),
  return: duration.default(20_000).describe("until the way back is seen in effect"),
  hold: duration.default(3_600_000).describe("how long a held release's process stays to guard it"),
});

export const releasePlanSchema = z.strictObject({
  schema: z
    .literal([1, releasePlanSchemaVersion])
    .describe("2: routes name a Service of each slot; a releaser that knows 1 alone would name subsets that are gone"),
  environment: z.string().min(1).describe("the stack, and the label `environment` of every metric"),
  namespace: z.string().min(1),
  service: z.string().min(1),
  image: z.string().default("").describe("what the stack's file names; empty in plans that are older than this key"),
  port: z.int().min(1).max(65_535).describe("of the service"),
  replicas: z.int().min(1).describe("of a slot that serves"),
  router,
  entry,
  steps,
  thresholds,
  policies: policies.prefault({}),
  gate: gate.prefault({}),
  guard,
  prometheus: prometheus.nullable().describe("null: releases are judged by the pods' own counters alone"),
  smoke: z.strictObject({
    steps: z.array(smokeStepSchema),
    stepTimeout: duration.default(10_000),
  }),
  synthetic: z
    .strictObject({ perSecond: z.number().gt(0).max(100), requests: z.int().min(1).max(10_000) })
    .nullable()
    .default(null)
    .describe("requests that the releaser sends to a candidate without traffic"),
  soak: duration.default(600_000).describe("how long the old slot stays warm after 100 %"),
  deadlines: deadlines.prefault({}),
  resumeWithin: duration.default(60_000).describe("a releaser that was gone for longer is not resumed with traffic on"),
  inCluster: z
    .strictObject({ image: z.string().min(1).describe("of the releaser") })
    .nullable()
    .default(null)
    .describe("how to release from a Job in the cluster; null: it is not set up"),
  notifications: notifications.nullable().default(null).describe("whom a release tells; null: nobody"),
  quarantine: z.boolean().default(true).describe("whether a template that failed is kept from coming back"),
  keep: z.int().min(1).max(50).default(10).describe("releases that can be gone back to"),
});

/** All that a release of one service in one environment needs to know. Durations are milliseconds. */
export type ReleasePlan = z.output<typeof releasePlanSchema>;
/** A plan before its defaults are filled in. */
export type ReleasePlanInput = z.input<typeof releasePlanSchema>;
export type WeightStep = z.output<typeof weightStep>;
export type ApprovalStep = z.output<typeof approvalStep>;
export type PlanStep = ReleasePlan["steps"][number];
export type CustomMetric = z.output<typeof customMetric>;

export function isWeightStep(step: PlanStep): step is WeightStep {
  return "percent" in step;
}
