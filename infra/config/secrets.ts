import { requiredSecrets } from "../../components/service/contract.ts";
import { catalogue, serviceDefinition } from "../../stacks/catalogue.ts";

/** The secrets that an optional section of the configuration may ask for. */
interface SectionSecrets {
  /** All of them, whatever the section says. */
  readonly known: readonly string[];
  /** Those that are needed by a section as it is written, be it right or wrong. @default all known ones */
  readonly neededBy?: (section: unknown) => readonly string[];
}

/** By section. A section that is left out needs none. */
const sectionSecrets: Readonly<Record<string, SectionSecrets>> = {};

/** Keys of the secrets that a configuration needs, for its services and its sections, sorted. The values need not be valid. */
export function neededSecrets(values: Readonly<Record<string, unknown>>): string[] {
  const { services } = values;
  const names = typeof services === "object" && services !== null ? Object.keys(services) : [];
  return sorted([
    ...names.flatMap(secretsOfService),
    ...Object.entries(sectionSecrets).flatMap(([section, { known, neededBy = () => known }]) =>
      values[section] === undefined ? [] : neededBy(values[section]),
    ),
  ]);
}

/** Keys of every secret that a configuration may have, sorted. */
export function knownSecrets(): string[] {
  return sorted([
    ...Object.keys(catalogue).flatMap(secretsOfService),
    ...Object.values(sectionSecrets).flatMap(({ known }) => known),
  ]);
}

function secretsOfService(name: string): readonly string[] {
  const definition = serviceDefinition(name);
  return definition === undefined ? [] : requiredSecrets(definition);
}

function sorted(keys: readonly string[]): string[] {
  return [...new Set(keys)].sort();
}
