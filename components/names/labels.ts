import type { SlotName } from "./slot-name.ts";

/** Keys of the labels and annotations that the program, the releaser and Prometheus agree on. */
export const labelKeys = {
  /** The service; the releaser and every selector use it. */
  name: "app.kubernetes.io/name",
  /** What belongs to a service without serving its requests (its migrations) has this label alone. */
  partOf: "app.kubernetes.io/part-of",
  /** The version of the image. */
  version: "app.kubernetes.io/version",
  /** `blue` or `green`. */
  slot: "atom.dev/slot",
  /** Digest of the pod template: see `templateDigest`. */
  template: "atom.dev/template",
  /** On the Services that Prometheus scrapes: a pod of the slot that serves is behind two Services, and is scraped once. */
  scrape: "atom.dev/scrape",
  /** Annotation of a migration's pod: the failed Job that it follows. */
  attempt: "atom.dev/attempt",
  /** Annotation of the pod template: the Secret that belongs to it, also where only its migrations read it. */
  secret: "atom.dev/secret",
  /** Annotation of the pod template: a keyed hash of each value of that Secret, by key, as JSON. */
  secretKeys: "atom.dev/secret-keys",
  /** Annotation of a Secret: another value makes it anew. See `SecretDeclaration.made`. */
  made: "atom.dev/made",
  /** Annotation of a slot's Deployment, of routes and of the Service of the service's own name: see `SlotMarks.applied`. */
  applied: "atom.dev/applied",
  /** Annotation of a slot's Deployment: see `SlotMarks.replicas`. */
  replicas: "atom.dev/replicas",
} as const;

/** The pods of a service, of both slots. */
export function serviceSelectorLabels(service: string): Record<string, string> {
  return { [labelKeys.name]: service };
}

/** The pods of one slot. */
export function slotSelectorLabels(service: string, slot: SlotName): Record<string, string> {
  return { [labelKeys.name]: service, [labelKeys.slot]: slot };
}
