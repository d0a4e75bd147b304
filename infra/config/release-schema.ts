import { z } from "zod";
import { duration, positiveDuration } from "./duration.ts";
import { percentage } from "./percentage.ts";
import { imageReference } from "./image-reference.ts";
import { section, text, whole, word } from "./section.ts";

const policies = ["rollback", "warn", "hold"] as const;
const policy = word(policies);

const promql = text(
  /\{\{\s*window\s*\}\}/,
  'PromQL that answers one number, over [{{window}}], such as sum(increase(lost_total{slot="{{slot}}"}[{{window}}])) or vector(0)',
);

/** A step moves traffic and holds it there, or waits for a person. */
const step = z.union(
  [
    section({
      weight: whole(1, 100).describe("The candidate's share of the requests, in percent."),
      wait: duration.describe("How long the share is held and judged."),
    }),
    section({ pause: z.literal("approval").describe("Wait for a person; the guard keeps judging.") }),
  ],
  { error: "allowed: {weight: 1 to 100, wait: a time such as 5m} or {pause: approval}" },
);

/** Counts of bad and of all requests, judged as the error rate is. */
const customMetric = section({
  name: text(/^[a-z][a-zA-Z0-9_]*$/, "letters, digits and underscores, such as lost_messages"),
  bad: promql.describe("Counts the bad requests."),
  total: promql.describe("Counts all requests."),
  max: percentage.describe("Share of bad requests that is still good."),
  onBreach: policy,
});

const unknown = (what: string) =>
  section({
    policy: policy.describe("What happens when the deadline has passed: rollback, warn (go on) or hold."),
    deadline: duration.describe("How long the step is held first."),
  }).describe(what);

/** How a release moves traffic, what it is judged by, and what happens when it fails. */
export const release = section({
  thresholds: section({
    errorRate: section({
      max: percentage.describe("Share of requests answered with 5xx."),
      onBreach: policy,
    }),
    p95Latency: section({
      max: duration.describe("95 of 100 requests are faster. It must be an edge of the service's latency histogram."),
      onBreach: policy,
    }),
    metrics: z
      .array(customMetric)
      .default([])
      .describe(
        "Metrics of your own. {{window}} in their PromQL is the time since the step began, {{slot}} and {{template}} say whose requests are meant.",
      ),
  }).describe("What a candidate is judged by (R7)."),
  steps: z.array(step).min(1, "allowed: at least one step").describe("The way to 100 % (R12)."),
  minRequests: whole(1, 1_000_000).default(100).describe("Requests at the candidate before a step can pass."),
  synthetic: section({
    perSecond: whole(1, 100),
    requests: whole(1, 10_000),
  })
    .optional()
    .describe(
      "Requests that the releaser sends to a candidate that gets too few: the repeatable steps of the smoke test.",
    ),
  soak: duration.describe("How long the old version stays warm after 100 %, still guarded."),
  noData: unknown("The candidate gets too few requests to be judged."),
  metricsUnavailable: unknown("Prometheus cannot be asked, or answers nonsense."),
  deadlines: section({
    ready: positiveDuration.describe("For new pods to become ready."),
    smoke: positiveDuration.describe("For the smoke test as a whole."),
    confirm: positiveDuration.describe("For the data plane to take a weight."),
    approval: positiveDuration.describe("For a person to approve; then the release is rolled back."),
    rollback: positiveDuration.describe("For a rollback to be verified (R4: under 60 s)."),
  }),
  keep: whole(1, 50).default(10).describe("Past releases that can be gone back to."),
  inCluster: section({ image: imageReference.describe("The image of the releaser, with a fixed tag or a digest.") })
    .optional()
    .describe("Set it to release from a Job in the cluster: atom release --in-cluster."),
});
