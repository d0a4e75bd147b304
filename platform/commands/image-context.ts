// `npm run image:context`: what each image's ignore file keeps out of its build context. Changes nothing.
import path from "node:path";
import { contextSize, filesOf, ignoreFileOf, trackedFilesOf, type Size } from "../images/build-context.ts";

const root = path.join(import.meta.dirname, "..", "..");
const dockerfiles = { atom: "service/Dockerfile", "atom-delivery": "delivery/Dockerfile" };
const places = { "this folder": filesOf(root), "a clean checkout": trackedFilesOf(root) };

const rows = Object.entries(dockerfiles).flatMap(([image, dockerfile]) =>
  Object.entries(places).map(([place, files]) => ({
    image,
    place,
    ...contextSize(files, ignoreFileOf(root, dockerfile)),
  })),
);
if (process.argv.includes("--json")) {
  console.log(JSON.stringify(rows, undefined, 2));
} else {
  for (const { image, place, all, kept, cut } of rows)
    console.log(
      `${image.padEnd(14)} ${place.padEnd(17)} ${told(all)} without an ignore file, ${told(kept)} with it: ${(100 * cut).toFixed(2)} % less`,
    );
}

function told({ files, bytes }: Size): string {
  return `${files} files, ${(bytes / 1e6).toFixed(2)} MB`;
}
