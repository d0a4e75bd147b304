import type { ServiceContract } from "../components/service/contract.ts";
import type { SmokeStep } from "../components/smoke-steps/smoke-step.ts";

/** A service as this project knows it: its contract with the cluster, and how to tell that a version of it works. */
export interface ServiceDefinition extends ServiceContract {
  /** The smoke test, in order. */
  readonly smoke: readonly SmokeStep[];
}
