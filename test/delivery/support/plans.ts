import {
  releasePlanSchema,
  type ReleasePlan,
  type ReleasePlanInput,
} from "../../../components/release-plan/release-plan.ts";

/** A plan with short times: 10 → 50 → 100 %, production's policies. */
export function releasePlan(changes: Partial<ReleasePlanInput> = {}): ReleasePlan {
  return releasePlanSchema.parse({
    schema: 1,
    environment: "staging",
    namespace: "atom-staging",
    service: "atom",
    port: 8000,
    replicas: 2,
    router: { kind: "istio", timeout: 30_000, retries: { attempts: 0, perTryTimeout: 1_000, on: [] } },
    entry: { url: "http://gateway.test" },
    steps: [
      { percent: 10, wait: 20_000 },
      { percent: 50, wait: 20_000 },
      { percent: 100, wait: 20_000 },
    ],
    thresholds: {
      errorRate: { max: 0.001, policy: "rollback" },
      latency: { seconds: 0.2, policy: "rollback" },
    },
    guard: { port: 8000 },
    prometheus: null,
    smoke: { steps: [] },
    soak: 20_000,
    ...changes,
  } satisfies ReleasePlanInput);
}
