import { open, realpath } from "node:fs/promises";
import type { Toolchain } from "../toolchain/ensure.ts";
import { toolNamed, type ToolName } from "../toolchain/tools.ts";
import type { ImageRecipe } from "./archive.ts";
import { ImageError } from "./image-error.ts";
import { digestLayer } from "./layer.ts";
import { sharedLibraries } from "./libraries.ts";

/** An image of one executable of the toolchain. */
interface ToolImage {
  readonly executable: string;
  readonly tool: ToolName;
}

/** The operator starts the reloader as `/bin/prometheus-config-reloader`, and the others by their image's entry point. */
export const toolImages: readonly ToolImage[] = [
  { executable: "pause", tool: "pause" },
  { executable: "prometheus", tool: "prometheus" },
  { executable: "alertmanager", tool: "alertmanager" },
  { executable: "prometheus-config-reloader", tool: "prometheus-operator" },
];

/** "nobody", as everywhere. */
const user = 65_534;

export async function toolRecipe(
  { executable, tool }: ToolImage,
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

/** A script that starts the program with libraries of this machine would not find them in a container. */
async function checkIsProgram(file: string): Promise<void> {
  const handle = await open(file);
  const { buffer } = await handle.read(Buffer.alloc(4), 0, 4, 0).finally(() => handle.close());
  if (buffer.toString("latin1") !== "\x7fELF")
    throw new ImageError(`${file} is not a program but something that starts one; an image needs the program itself.`);
}
