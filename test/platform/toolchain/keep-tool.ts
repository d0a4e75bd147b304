// Keeps the tool "saw" in the store that is named; its making ends when its input does. Run as a process of its own.
import { once } from "node:events";
import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { ToolStore } from "../../../platform/toolchain/store.ts";

const [root = ""] = process.argv.slice(2);
await new ToolStore(root).keep(
  "saw",
  "recipe",
  async (folder) => {
    await mkdir(join(folder, "bin"));
    await writeFile(join(folder, "bin", "saw"), "half");
    process.stdout.write("making\n");
    await once(process.stdin.resume(), "end");
    return { version: "1.0", executables: { saw: "bin/saw" } };
  },
  { pollMs: 5 },
);
