import { atom } from "./atom.ts";
import type { ServiceDefinition } from "./definition.ts";

/** The services that a stack can be made of, by name. A new one gets a file of its own beside `atom.ts` and a line here. */
export const catalogue = { atom } as const satisfies Readonly<Record<string, ServiceDefinition>>;

/** The definition of a service; `undefined` where there is none. */
export function serviceDefinition(name: string): ServiceDefinition | undefined {
  return Object.hasOwn(catalogue, name) ? (catalogue as Readonly<Record<string, ServiceDefinition>>)[name] : undefined;
}
