import { isDeepStrictEqual } from "node:util";
import { secretText, unknownText, type Difference, type Json } from "./changes.ts";
import type { StepMetadata } from "./event.ts";
import { formatPath, isList, isObject, parsePath, valueAt, type PropertyPath } from "./property-path.ts";

/** Keys and values by which Pulumi marks what is no plain value; see `resource.SigKey` and `resource.SecretSig` in its SDK. */
const signature = "4dabf18193072939515e22adb298388d";
const secretSignature = "1b47061264138c4ac30d75fd1eb44270";
const unknownPlaceholder = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** A value with words in place of secrets and of what is not known yet. */
export function readable(value: Json): Json {
  if (value === unknownPlaceholder) return unknownText;
  if (isList(value)) return value.map(readable);
  if (!isObject(value)) return value;
  if (value[signature] === secretSignature) return secretText;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, readable(each)]));
}

/** What a step changes, sorted by path. Of a step that takes a resource away: nothing. */
export function differencesOf(step: StepMetadata, { refresh = false } = {}): readonly Difference[] {
  const { old, new: next } = step;
  if (next == null) return [];
  const before = { inputs: readable(old?.inputs ?? {}), outputs: readable(old?.outputs ?? {}) };
  const after = { inputs: readable(next.inputs ?? {}), outputs: readable(next.outputs ?? {}) };
  const told = Object.entries(step.detailedDiff ?? {}).flatMap(([text, { diffKind, inputDiff }]) => {
    const path = parsePath(text);
    const from = firstAt(
      inputDiff || refresh ? [before.inputs, before.outputs] : [before.outputs, before.inputs],
      path,
    );
    const to = refresh ? readAt(after, path, from) : valueAt(after.inputs, path);
    return between(
      path,
      diffKind.startsWith("add") ? undefined : from,
      diffKind.startsWith("delete") ? undefined : to,
      {
        replaces: diffKind.endsWith("-replace"),
        sure: true,
      },
    );
  });
  const found = told.length > 0 ? told : untold(step, before.inputs, after.inputs, old == null);
  return sorted(step.type === secretType ? found.map(hidden) : found);
}

const secretType = "kubernetes:core/v1:Secret";

/** What a Secret holds is one also where nothing marks it: what somebody wrote into it by hand. */
function hidden(difference: Difference): Difference {
  const { path, before, after } = difference;
  if (!/^(data|stringData)\b/.test(path)) return difference;
  return {
    ...difference,
    ...(before === undefined ? {} : { before: secretText }),
    ...(after === undefined ? {} : { after: secretText }),
    secret: true,
  };
}

/** Of a provider that does not say what differs. */
function untold(step: StepMetadata, before: Json, after: Json, isNew: boolean): readonly Difference[] {
  const found = between([], isNew ? undefined : before, after, { replaces: false, sure: false });
  if (found.length > 0) return found;
  // Secrets read the same, and so does what the provider alone knows.
  return (step.diffs ?? []).flatMap((key) =>
    between([key], valueAt(before, [key]), valueAt(after, [key]), { replaces: false, sure: true }),
  );
}

interface Known {
  readonly replaces: boolean;
  /** Whether there is a difference even where both sides read the same. */
  readonly sure: boolean;
}

function between(path: PropertyPath, before: Json | undefined, after: Json | undefined, known: Known): Difference[] {
  const parts = partsOf(before, after);
  if (parts === undefined) return leaf(path, before, after, known);
  const found = parts.flatMap((part) =>
    between([...path, part], valueAt(before, [part]), valueAt(after, [part]), { ...known, sure: false }),
  );
  return found.length === 0 ? leaf(path, before, after, known) : found;
}

/** Into what both sides can be taken apart; undefined where one of them is a plain value, or they are of different kinds. */
function partsOf(before: Json | undefined, after: Json | undefined): readonly (string | number)[] | undefined {
  const sides = [before, after].filter((side) => side !== undefined);
  if (sides.length === 0) return undefined;
  if (sides.every(isList)) return Array.from({ length: Math.max(...sides.map((side) => side.length)) }, (_, at) => at);
  if (sides.every(isObject)) return [...new Set(sides.flatMap((side) => Object.keys(side)))];
  return undefined;
}

function leaf(path: PropertyPath, before: Json | undefined, after: Json | undefined, known: Known): Difference[] {
  const { replaces, sure } = known;
  if (!sure && isDeepStrictEqual(before, after)) return [];
  if (path.length === 0) return [];
  return [
    {
      path: formatPath(path),
      kind: kindOf(before, after),
      ...(before === undefined ? {} : { before }),
      ...(after === undefined ? {} : { after }),
      secret: holdsSecret(before) || holdsSecret(after),
      replaces,
    },
  ];
}

function kindOf(before: Json | undefined, after: Json | undefined): Difference["kind"] {
  if ((before === undefined) === (after === undefined)) return "update";
  return before === undefined ? "add" : "delete";
}

function holdsSecret(value: Json | undefined): boolean {
  if (isList(value)) return value.some(holdsSecret);
  if (isObject(value)) return Object.values(value).some(holdsSecret);
  return value === secretText;
}

/** What a provider found at a path: as an input of the resource, or where that reads as before, in all that the resource has. */
function readAt(
  { inputs, outputs }: { readonly inputs: Json; readonly outputs: Json },
  path: PropertyPath,
  before: Json | undefined,
): Json | undefined {
  const input = valueAt(inputs, path);
  return input === undefined || isDeepStrictEqual(input, before) ? (valueAt(outputs, path) ?? input) : input;
}

function firstAt(roots: readonly Json[], path: PropertyPath): Json | undefined {
  for (const root of roots) {
    const value = valueAt(root, path);
    if (value !== undefined) return value;
  }
  return undefined;
}

function sorted(differences: readonly Difference[]): readonly Difference[] {
  const compare = new Intl.Collator("en", { numeric: true }).compare;
  return differences.toSorted((a, b) => compare(a.path, b.path));
}
