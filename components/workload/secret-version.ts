// A pod template and the Secret that belongs to it: another content is another Secret, and so another template.
import { labelKeys } from "../names/labels.ts";
import { secretName } from "../names/names.ts";
import { canonicalJson } from "./digest.ts";

/** A Secret of one content, by hashes that tell nothing of it: see `SecretContent.version`. */
export interface SecretVersion {
  /** Name of the Secret; it ends with the hash of the whole content. */
  readonly name: string;
  /** Hash of each value, by key. */
  readonly keys: Readonly<Record<string, string>>;
}

/** What a pod template says of its Secret beside naming it where it is read. */
export function secretAnnotations({ name, keys }: SecretVersion): Record<string, string> {
  return { [labelKeys.secret]: name, [labelKeys.secretKeys]: canonicalJson(keys) };
}

/** What is looked at of a pod template, be it declared, live or kept in a ledger. */
export interface AnnotatedTemplate {
  readonly metadata?: { readonly annotations?: Readonly<Record<string, string>> | undefined } | undefined;
}

/**
 * Keys whose values differ between the Secrets of two pod templates, or that one of them does not have, sorted. Empty where one of
 * the templates says nothing of its Secret: an earlier version of this project made it.
 */
export function changedSecrets(from: AnnotatedTemplate | undefined, to: AnnotatedTemplate | undefined): string[] {
  const [before, after] = [hashesOf(from), hashesOf(to)];
  if (before === undefined || after === undefined) return [];
  return [...new Set([...before.keys(), ...after.keys()])].filter((key) => before.get(key) !== after.get(key)).sort();
}

/** Whether a pod template says what its Secret holds, by hashes: those of earlier versions of this project do not. */
export function describesSecret(template: AnnotatedTemplate | undefined): boolean {
  return hashesOf(template) !== undefined;
}

function hashesOf(template: AnnotatedTemplate | undefined): ReadonlyMap<string, unknown> | undefined {
  try {
    const keys: unknown = JSON.parse(template?.metadata?.annotations?.[labelKeys.secretKeys] ?? "null");
    return typeof keys === "object" && keys !== null ? new Map(Object.entries(keys)) : undefined;
  } catch {
    return undefined;
  }
}

/** Whether a Secret of this name is one of the service's own, of whichever version. */
export function isServiceSecret(service: string, name: string): boolean {
  const base = secretName(service);
  return name === base || (name.startsWith(`${base}-`) && /^[0-9a-f]{12}$/.test(name.slice(base.length + 1)));
}

/** Deeper than a pod template can be; what a ledger keeps may be anything. */
const deepest = 64;

/**
 * Names of the service's own Secrets in a pod template, in the order in which they stand there. Any text that is such a name counts:
 * a variable, a volume or an annotation may have it, in places that this version need not know.
 */
export function secretsNamed(service: string, template: unknown): string[] {
  return [...new Set(textsOf(template, deepest))].filter((text) => isServiceSecret(service, text));
}

function textsOf(value: unknown, depth: number): string[] {
  if (typeof value === "string") return [value];
  if (typeof value !== "object" || value === null || depth === 0) return [];
  return Object.values(value).flatMap((inner) => textsOf(inner, depth - 1));
}
