import { labelKeys } from "../names/labels.ts";
import type { Resources } from "./pod-template.ts";

/** `app.kubernetes.io/name` of a service's releasers in the cluster: they serve nothing, so no selector of the service may find them. */
export function releaserLabel(service: string): string {
  return `${service}-releaser`;
}

/** The pods that release a service from within the cluster. */
export function releaserSelectorLabels(service: string): Record<string, string> {
  return { [labelKeys.name]: releaserLabel(service) };
}

/** It waits for answers most of the time; what it holds is a few pods' counters and the ledger. */
export const releaserResources: Resources = {
  requests: { cpu: "50m", memory: "256Mi" },
  limits: { memory: "512Mi" },
};
