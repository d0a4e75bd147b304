import { readFile } from "node:fs/promises";
import path from "node:path";
import { parse } from "yaml";
import { z } from "zod";
import { projectFolder } from "../local/local-stack.ts";

const pulumiProject = z.object({ name: z.literal("atom") });

/** The project whose stacks are meant: that of the current directory where it is one of Atom's, as a checkout beside this one, else this one. */
export async function projectAt(directory: string): Promise<string> {
  const text = await readFile(path.join(directory, "Pulumi.yaml"), "utf8").catch(() => "");
  return pulumiProject.safeParse(parseYaml(text)).success ? directory : projectFolder;
}

/** What is no YAML is no project. */
function parseYaml(text: string): unknown {
  try {
    return parse(text);
  } catch {
    return undefined;
  }
}
