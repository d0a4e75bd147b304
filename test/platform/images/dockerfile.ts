import { createHash } from "node:crypto";
import path from "node:path";

export interface Instruction {
  /** In capitals: `COPY`. */
  readonly name: string;
  /** All of it, on one line. */
  readonly text: string;
  /** Without flags. */
  readonly parameters: readonly string[];
  readonly flags: Readonly<Record<string, string>>;
}

/** A `FROM` and what follows it. */
export interface Stage {
  readonly name: string;
  /** An image, or an earlier stage's name. */
  readonly base: string;
  readonly instructions: readonly Instruction[];
}

/** A step whose result BuildKit keeps, with the key under which it does. */
export interface Layer {
  readonly stage: string;
  readonly text: string;
  readonly key: string;
}

/** Reads a Dockerfile's stages: of its language, what ours use. */
export function stagesOf(dockerfile: string): readonly Stage[] {
  const lines = dockerfile
    .split("\n")
    .filter((line) => !line.trimStart().startsWith("#"))
    .join("\n")
    .replace(/\\\n\s*/g, "")
    .split("\n")
    .filter((line) => line.trim() !== "");
  const stages: (Stage & { readonly instructions: Instruction[] })[] = [];
  for (const line of lines) {
    const instruction = instructionOf(line);
    const [base, , name] = instruction.parameters;
    if (instruction.name === "FROM") stages.push({ name: name ?? "", base: base ?? "", instructions: [] });
    else stages.at(-1)?.instructions.push(instruction);
  }
  return stages;
}

function instructionOf(line: string): Instruction {
  const [name = "", ...words] = line.trim().split(/\s+/);
  const isFlag = (word: string): boolean => word.startsWith("--");
  const flags = words
    .slice(
      0,
      words.findIndex((word) => !isFlag(word)),
    )
    .map((flag): [string, string] => {
      const [key = "", ...value] = flag.slice(2).split("=");
      return [key, value.join("=")];
    });
  return {
    name: name.toUpperCase(),
    text: line.trim(),
    parameters: words.slice(flags.length),
    flags: Object.fromEntries(flags),
  };
}

/** Steps that make something of the file system; all others are entries in the image's configuration. */
const makesLayer = new Set(["RUN", "COPY", "ADD", "WORKDIR"]);

/**
 * The keys of all steps, as BuildKit makes them: of the step before, the step's words, and the content of what it copies. It is stricter than
 * BuildKit in one thing: a copy from another stage has a new key as soon as that stage has one, though what is copied may be the same.
 *
 * @param context file → what is in it
 * @param args build arguments; a `RUN` sees those that its stage has declared
 * @throws Error where a step copies what the context does not have, as BuildKit does
 */
export function layersOf(
  stages: readonly Stage[],
  context: ReadonlyMap<string, string>,
  args: Readonly<Record<string, string>> = {},
): readonly Layer[] {
  const ends = new Map<string, string>();
  const layers: Layer[] = [];
  for (const { name, base, instructions } of stages) {
    let key = ends.get(base) ?? digest(base);
    const seen: string[] = [];
    for (const instruction of instructions) {
      const { name: kind, parameters, text, flags } = instruction;
      if (kind === "ARG") seen.push(`${text} ${args[parameters[0]?.split("=")[0] ?? ""] ?? ""}`);
      if (kind === "ENV") seen.push(text);
      if (!makesLayer.has(kind)) continue;
      if (kind === "RUN") key = digest(key, text, ...seen);
      else if (kind === "WORKDIR") key = digest(key, text);
      else
        key = digest(
          key,
          text,
          ...(flags.from === undefined ? copied(parameters, context) : [ends.get(flags.from) ?? flags.from]),
        );
      layers.push({ stage: name, text, key });
    }
    ends.set(name, key);
  }
  return layers;
}

function copied(parameters: readonly string[], context: ReadonlyMap<string, string>): readonly string[] {
  return parameters.slice(0, -1).flatMap((source) => {
    const wanted = path.posix.normalize(source).replace(/\/$/, "");
    const found = [...context].filter(([file]) => file === wanted || file.startsWith(`${wanted}/`));
    if (found.length === 0) throw new Error(`the build context has no ${source}`);
    return found.toSorted().flat();
  });
}

function digest(...parts: readonly string[]): string {
  return createHash("sha256").update(JSON.stringify(parts)).digest("hex");
}

/** The steps that have to be done anew when `before` is what is kept. */
export function rebuilt(before: readonly Layer[], after: readonly Layer[]): readonly string[] {
  const kept = new Set(before.map(({ key }) => key));
  return after.filter(({ key }) => !kept.has(key)).map(({ stage, text }) => `${stage}: ${text}`);
}
