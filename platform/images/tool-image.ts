import { open, realpath, stat } from "node:fs/promises";
import path from "node:path";
import type { Toolchain } from "../toolchain/ensure.ts";
import { toolNamed, type ToolName } from "../toolchain/tools.ts";
import type { ImageRecipe } from "./archive.ts";
import { ImageError } from "./image-error.ts";
import { digestLayer, type LayerEntry } from "./layer.ts";
import { sharedLibraries } from "./libraries.ts";

/** An image of one executable of the toolchain. */
interface ToolImage {
  readonly executable: string;
  readonly tool: ToolName;
  /** Files that the executable reads, from the root of what it was installed into: `usr/share/…` beside `usr/bin`. @default none */
  readonly data?: readonly string[];
}

/** The operator starts the reloader as `/bin/prometheus-config-reloader`, and the others by their image's entry point. */
export const toolImages: readonly ToolImage[] = [
  { executable: "pause", tool: "pause" },
  { executable: "prometheus", tool: "prometheus" },
  {
    executable: "alertmanager",
    tool: "alertmanager",
    // Debian's reads its templates from files; upstream's has them built in.
    data: ["usr/share/prometheus/alertmanager/default.tmpl", "usr/share/prometheus/alertmanager/email.tmpl"],
  },
  { executable: "prometheus-config-reloader", tool: "prometheus-operator" },
];

/** "nobody", as everywhere. */
const user = 65_534;

export async function toolRecipe(
  { executable, tool, data = [] }: ToolImage,
  toolchain: Pick<Toolchain, "path">,
  signal?: AbortSignal,
): Promise<ImageRecipe> {
  const { version } = toolNamed(tool);
  const file = await realpath(toolchain.path(executable));
  await checkIsProgram(file);
  const layer = await digestLayer(
    [
      { path: `/bin/${executable}`, file, mode: 0o755 },
      ...(await sharedLibraries([file])),
      ...(await presentData(file, data)),
      { path: "/tmp", directory: true, mode: 0o1777 },
    ],
    signal,
  );
  return {
    reference: `atom.local/${executable}:${version}`,
    config: {
      User: `${user}:${user}`,
      WorkingDir: "/",
      Env: ["PATH=/bin"],
      Entrypoint: [`/bin/${executable}`],
      Labels: { "org.opencontainers.image.title": executable, "org.opencontainers.image.version": version },
    },
    layers: [layer],
  };
}

/** Those of the data files that came with the program, which is in `usr/bin` of what it was installed into. */
async function presentData(program: string, data: readonly string[]): Promise<readonly LayerEntry[]> {
  const root = path.join(path.dirname(program), "..", "..");
  const entries = data.map((file) => ({ path: `/${file}`, file: path.join(root, file) }));
  const present = await Promise.all(entries.map(({ file }) => isFile(file)));
  return entries.filter((_entry, index) => present[index]);
}

async function isFile(file: string): Promise<boolean> {
  return await stat(file).then(
    (found) => found.isFile(),
    () => false,
  );
}

/** A script that starts the program with libraries of this machine would not find them in a container. */
async function checkIsProgram(file: string): Promise<void> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0).finally(() => handle.close());
  if (buffer.toString("latin1") !== "\x7fELF")
    throw new ImageError(`${file} is not a program but something that starts one; an image needs the program itself.`);
}
