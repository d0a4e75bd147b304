import type { RuleName } from "./rules.ts";

/** A rule that is not kept, where, and why. */
export interface Exception {
  /** Title of the panel. @default everywhere */
  readonly at?: string;
  readonly reason: string;
}

const noInstance =
  "Pods come and go with every release, so a pod's address tells nobody anything: versions and slots are compared. The deployment metrics are pushed and have no instance at all.";
const serviceForJob =
  "What is looked at is a service. It is the job of its own metrics, and a label of the deployment metrics, whose job is the tool that pushed them. Every query is bound to the variable service: see below.";

/** Where a rule of the linter does not apply. Whatever is not needed any more is reported. */
export const exceptions: Partial<Readonly<Record<RuleName, Exception>>> = {
  "template-instance-rule": { reason: noInstance },
  "target-instance-rule": { reason: noInstance },
  "template-job-rule": { reason: serviceForJob },
  "target-job-rule": { reason: serviceForJob },
  "target-rate-interval-rule": {
    at: "Failed requests, whole range",
    reason: "The share of the whole range is meant, not that of its last minutes.",
  },
};
