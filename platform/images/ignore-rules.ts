import path from "node:path";
import { ImageError } from "./image-error.ts";

/** The patterns of a `.dockerignore`, as BuildKit reads them (moby/patternmatcher). */
export interface IgnoreRules {
  /** Whether a file stays out of the build context; its path is relative to the context, with slashes. */
  excludes(file: string): boolean;
}

interface Rule {
  readonly expression: RegExp;
  /** It began with `!`: what it matches comes back in. */
  readonly readmits: boolean;
}

/**
 * Reads a `.dockerignore`. The last line that matches a path, or a folder above it, decides.
 *
 * @throws ImageError with the line that BuildKit would refuse
 */
export function ignoreRules(text: string): IgnoreRules {
  const rules = text
    .replace(/^\uFEFF/, "")
    .split(/\r?\n/)
    .flatMap(ruleOf);
  return {
    excludes(file) {
      const parts = file.split("/");
      // The path itself and each folder above it: a rule for a folder is one for all that is in it.
      const paths = parts.map((_, index) => parts.slice(0, index + 1).join("/"));
      const last = rules.findLast(({ expression }) => paths.some((each) => expression.test(each)));
      return last !== undefined && !last.readmits;
    },
  };
}

function ruleOf(line: string): readonly Rule[] {
  if (line.startsWith("#") || line.trim() === "") return [];
  const readmits = line.trim().startsWith("!");
  const pattern = (readmits ? line.trim().slice(1) : line).trim();
  if (pattern === "") throw new ImageError(`"${line}" is no pattern: "!" needs one behind it.`);
  const clean = path.posix
    .normalize(pattern)
    .replace(/^\/(?=.)/, "")
    .replace(/(?<=.)\/$/, "");
  try {
    return [{ expression: new RegExp(`^${expressionOf(clean)}$`, "s"), readmits }];
  } catch (cause) {
    throw new ImageError(`"${line}" is no pattern of a .dockerignore.`, { cause });
  }
}

/** `**` stands for any folders, `*` and `?` stay within a name, `\` takes the next character as it is. */
function expressionOf(pattern: string): string {
  return pattern.replace(/\*\*\/?|\*|\?|\\(.)|[.+(){}|$]/g, (part, escaped: string | undefined, offset: number) => {
    if (escaped !== undefined) return escaped.replace(/[^\w]/, "\\$&");
    if (part.startsWith("**")) return offset + part.length === pattern.length ? ".*" : "(?:.*/)?";
    if (part === "*") return "[^/]*";
    return part === "?" ? "[^/]" : `\\${part}`;
  });
}
