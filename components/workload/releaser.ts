import { labelKeys } from "../names/labels.ts";
import { releaserName } from "../names/names.ts";
import type { Resources } from "./pod-template.ts";

/** The pods that release a service from within the cluster. They serve nothing, so no selector of the service may find them. */
export function releaserSelectorLabels(service: string): Record<string, string> {
  return { [labelKeys.name]: releaserName(service) };
}

/** Labels of a service's releasers. */
export function releaserLabels(service: string): Record<string, string> {
  return { ...releaserSelectorLabels(service), [labelKeys.partOf]: service };
}

/** It waits for answers most of the time; loading its modules takes 180 MB, the most that it ever has. */
export const releaserResources = {
  requests: { cpu: "50m", memory: "256Mi" },
  limits: { memory: "512Mi" },
} satisfies Resources;
