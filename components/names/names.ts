import type { SlotName } from "./slot-name.ts";

/** The namespace of a stack: `atom-staging`. */
export function namespaceName(project: string, stack: string): string {
  return `${project}-${stack}`;
}

/** ServiceAccount, Role and RoleBinding of whoever releases in a stack. */
export function deployerName(project: string): string {
  return `${project}-deployer`;
}

/** Deployment, PodDisruptionBudget, HorizontalPodAutoscaler and Service of a slot, and behind a mesh its DestinationRule. */
export function slotName(service: string, slot: SlotName): string {
  return `${service}-${slot}`;
}

/** ConfigMap that records the releases of a service, under {@link ledgerKey}. */
export function ledgerName(service: string): string {
  return `${service}-ledger`;
}

export const ledgerKey = "ledger.json";

/** ConfigMap that tells `atom` how to release a service, so that every command works with the cluster alone. */
export function releasePlanName(service: string): string {
  return `${service}-release-plan`;
}

/** Lease that keeps one releaser per service. */
export function leaseName(service: string): string {
  return `${service}-release`;
}

/**
 * Secret with what the service's containers read from their environment. Another content is another Secret.
 *
 * @param version keyed hash of the content @default the Secret of environments that no version of it was made in yet
 */
export function secretName(service: string, version?: string): string {
  return version === undefined ? `${service}-secrets` : `${service}-secrets-${version}`;
}

/** Secret with the key of the hashes in the names of the service's Secrets. */
export function versionKeyName(service: string): string {
  return `${service}-version-key`;
}

/** PrometheusRule and AlertmanagerConfig of a service, and the Secret with the addresses of who is told. */
export function alertsName(service: string): string {
  return `${service}-alerts`;
}

/** `app.kubernetes.io/name` of a service's migrations: they serve nothing, so no selector of the service may find them. */
export function migrationLabel(service: string): string {
  return `${service}-migrate`;
}

/** `app.kubernetes.io/name` of what releases a service from within the cluster: no selector of the service may find it. */
export function releaserName(service: string): string {
  return `${service}-releaser`;
}

/**
 * Job that migrates the database for the template with this digest. A Job cannot change, so whatever makes another one of it is in its name.
 *
 * @param attempt the failed Job that it follows, by its UID
 */
export function migrationName(service: string, digest: string, attempt?: string): string {
  const suffix = attempt === undefined ? "" : `-${attempt.slice(0, 8)}`;
  return `${migrationLabel(service)}-${digest}${suffix}`;
}
