import { requiredSecrets } from "../../components/service/contract.ts";
import { catalogue, serviceDefinition } from "../../stacks/catalogue.ts";
import { alertSecrets, alertSecretsNeededBy } from "./alerts-rules.ts";
import { githubSecrets, githubSecretsNeededBy } from "./github-rules.ts";

/** The secrets that an optional section of the configuration may ask for. */
interface SectionSecrets {
  /** All of them, whatever the section says. */
  readonly known: readonly string[];
  /** Those that are needed by a section as it is written, be it right or wrong. @default all known ones */
  readonly neededBy?: (section: unknown) => readonly string[];
}

/** By section. A section that is left out needs none. */
const sectionSecrets: Readonly<Record<string, SectionSecrets>> = {
  alerts: { known: alertSecrets, neededBy: alertSecretsNeededBy },
  github: { known: githubSecrets, neededBy: githubSecretsNeededBy },
  // Without it the variable GRAFANA_API_KEY counts, and without either there are no dashboards.
  grafana: { known: ["grafanaApiKey"], neededBy: () => [] },
  slack: { known: ["slackToken"] },
};

/** Keys of the secrets that a configuration needs, for its services and its sections, sorted. The values need not be valid. */
export function neededSecrets(values: Readonly<Record<string, unknown>>): string[] {
  return secretsOf(values, ({ known, neededBy = () => known }, section) => neededBy(section));
}

/** The same with those that its sections can do without. */
export function usableSecrets(values: Readonly<Record<string, unknown>>): string[] {
  return secretsOf(values, ({ known }) => known);
}

/** Keys of every secret that a configuration may have, sorted. */
export function knownSecrets(): string[] {
  return sorted([
    ...Object.keys(catalogue).flatMap(secretsOfService),
    ...Object.values(sectionSecrets).flatMap(({ known }) => known),
  ]);
}

function secretsOf(
  values: Readonly<Record<string, unknown>>,
  ofSection: (secrets: SectionSecrets, section: unknown) => readonly string[],
): string[] {
  const { services } = values;
  const names = typeof services === "object" && services !== null ? Object.keys(services) : [];
  const sections = Object.entries(sectionSecrets).filter(([section]) => values[section] !== undefined);
  return sorted([
    ...names.flatMap(secretsOfService),
    ...sections.flatMap(([section, secrets]) => ofSection(secrets, values[section])),
  ]);
}

function secretsOfService(name: string): readonly string[] {
  const definition = serviceDefinition(name);
  return definition === undefined ? [] : requiredSecrets(definition);
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
