/** A resource as the rules see it: what the program asks for, before anything is made of it. */
export interface Resource {
  /** Such as `kubernetes:core/v1:Namespace`. */
  readonly type: string;
  readonly name: string;
  /** The stack that declares it. */
  readonly stack: string;
  /** What is asked for, secrets as they are. What is known only once other resources exist is {@link unknownValue}. */
  readonly inputs: Readonly<Record<string, unknown>>;
  /** Paths of properties that the engine leaves as they are. */
  readonly ignoreChanges: readonly string[];
}

/** Stands for what a preview cannot know yet. */
export const unknownValue = "[unknown]";

/** The kind of a Kubernetes object, `Deployment`, of whichever version; undefined for what is none. */
export function kindOf({ type }: Pick<Resource, "type">): string | undefined {
  return type.startsWith("kubernetes:") ? type.split(":").at(-1) : undefined;
}

/** What is at a path below a value; undefined where nothing is. */
export function valueAt(value: unknown, ...path: readonly string[]): unknown {
  return path.reduce<unknown>(
    (inner, key) =>
      typeof inner === "object" && inner !== null ? (inner as Readonly<Record<string, unknown>>)[key] : undefined,
    value,
  );
}

/** A text within a value. */
export interface Text {
  readonly path: readonly string[];
  readonly text: string;
}

/** Every text within a value, with its path. Numbers and the keys of objects are none. */
export function textsOf(value: unknown, path: readonly string[] = []): readonly Text[] {
  if (typeof value === "string") return [{ path, text: value }];
  if (typeof value !== "object" || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => textsOf(inner, [...path, key]));
}

/** Production's stack, and those of its regions: `production-eu`. */
export function isProduction({ stack }: Pick<Resource, "stack">): boolean {
  return /^production(-|$)/.test(stack);
}
