import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { root } from "../infra/config/stacks.ts";

/** What prints the messages that documents quote; the gates of the tests are what CI prints. */
const folders = ["infra", "components", "delivery", "platform", "policies", "stacks", ".github", "test/gates"];

/** Fewer letters that are the code's own say nothing: in the line, and in its longest part. */
const fewest = { line: 10, part: 6 };

/** The source files, each as the text that it prints. */
export async function printedTexts(): Promise<readonly string[]> {
  const files = await Promise.all(
    folders.map(async (folder) => {
      const entries = await readdir(path.join(root, folder), { recursive: true, withFileTypes: true });
      return entries
        .filter(
          (entry) => entry.isFile() && !entry.parentPath.includes("node_modules") && !entry.name.endsWith(".json"),
        )
        .map(({ parentPath, name }) => path.join(parentPath, name));
    }),
  );
  const texts = files.flat().map(async (file) => printedBy(await readFile(file, "utf8"), file.endsWith(".ts")));
  return Promise.all(texts);
}

/** Without comments, texts that go over several lines put together, and constants in the place of their names. */
function printedBy(source: string, isScript: boolean): string {
  if (!isScript) return source.replaceAll('\\"', '"');
  const code = source.replace(/\/\*[\s\S]*?\*\//g, "").replace(/^\s*\/\/.*$/gm, "");
  const joined = code
    .replace(/["`]\s*\+\s*["`]/g, "")
    .replace(/\\n/g, "\n")
    .replace(/\\(["'`])/g, "$1");
  const constants = [...code.matchAll(/^(?:export )?const (\w+) =\s*"([^"\n]*)";$/gm)];
  return constants.reduce((text, [, name = "", value = ""]) => text.replaceAll(`\${${name}}`, value), joined);
}

/**
 * What is wrong with a quoted line: it has too few words of its own, or no source file has all of them. Undefined where nothing is.
 *
 * @param placeholders words that stand for what the code fills in
 */
export function misquoted(line: string, placeholders: readonly string[], texts: readonly string[]): string | undefined {
  const filledIn = new RegExp(`(?<![A-Za-z])(?:${placeholders.join("|")})(?![A-Za-z])`);
  const parts = line.trim().split(filledIn);
  const letters = parts.map((part) => part.replace(/[^a-z]/gi, "").length);
  if (letters.reduce((sum, each) => sum + each, 0) < fewest.line || Math.max(...letters) < fewest.part)
    return "too few words of its own";
  return texts.some((text) => parts.every((part) => text.includes(part))) ? undefined : "no source file prints it";
}
