import type { types } from "@pulumi/kubernetes";

type EnvVar = types.input.core.v1.EnvVar;

/** Where the variables of a container come from. */
export interface EnvironmentSources {
  /** Plain values. */
  readonly values: Readonly<Record<string, string>>;
  /** Variable → key of the service's Secret. */
  readonly secrets: Readonly<Record<string, string>>;
  /** Variable → label of the pod. @default none */
  readonly labels?: Readonly<Record<string, string>>;
}

/** A container's variables, sorted by name: the order in which they were written changes no digest. */
export function environmentVariables(secret: string, sources: EnvironmentSources): EnvVar[] {
  const variables: (EnvVar & { name: string })[] = [
    ...Object.entries(sources.values).map(([name, value]) => ({ name, value })),
    ...Object.entries(sources.secrets).map(([name, key]) => ({
      name,
      valueFrom: { secretKeyRef: { name: secret, key } },
    })),
    ...Object.entries(sources.labels ?? {}).map(([name, label]) => ({
      name,
      valueFrom: { fieldRef: { fieldPath: `metadata.labels['${label}']` } },
    })),
  ];
  return variables.sort((left, right) => (left.name < right.name ? -1 : 1));
}
