import { mkdir } from "node:fs/promises";
import path from "node:path";
import { build, type Plugin } from "esbuild";

/** The project's folder. */
const root = path.join(import.meta.dirname, "..", "..");

export interface BundleOptions {
  /** Absolute path of the file to write. */
  readonly outfile: string;
  /** `script`: for the single executable, which runs no modules. @default "module" */
  readonly form?: "module" | "script";
}

export interface Bundle {
  readonly file: string;
  readonly bytes: number;
}

/** What replaces the client library for all of Kubernetes, which is four fifths of everything and knows logins that kubectl has given up. */
const withoutLibrary = `
export class LibraryConnection {
  constructor() {
    throw new Error("this login (an auth-provider, or a SOCKS proxy) needs the client library for all of Kubernetes, which the bundle does not have; run atom from a checkout with ATOM_SOURCE=1");
  }
}
`;

const leftOut: Plugin = {
  name: "left-out",
  setup(made) {
    made.onResolve({ filter: /\/kubeconfig\/library\.ts$/ }, () => ({ path: "library", namespace: "left-out" }));
    // zod speaks fifty languages; its errors here are in English.
    made.onResolve({ filter: /\/locales\/index\.js$/ }, () => ({ path: "locales", namespace: "left-out" }));
    made.onLoad({ filter: /^library$/, namespace: "left-out" }, () => ({ contents: withoutLibrary }));
    made.onLoad({ filter: /^locales$/, namespace: "left-out" }, () => ({ contents: "export {};" }));
  },
};

/** Packages of the older kind ask for what a module does not have. */
const requireForModules =
  'import { createRequire as createRequireForBundle } from "node:module"; const require = createRequireForBundle(import.meta.url);';

/** Makes one file of `atom` and all that it imports, with a source map beside it. Rejects with esbuild's error. */
export async function bundleAtom({ outfile, form = "module" }: BundleOptions): Promise<Bundle> {
  await mkdir(path.dirname(outfile), { recursive: true });
  const { metafile } = await build({
    absWorkingDir: root,
    entryPoints: ["delivery/atom.ts"],
    outfile,
    bundle: true,
    platform: "node",
    target: "node22",
    format: form === "module" ? "esm" : "cjs",
    // Names stay: a stack is for reading.
    minifyWhitespace: true,
    minifySyntax: true,
    keepNames: false,
    sourcemap: "linked",
    legalComments: "eof",
    metafile: true,
    logLevel: "error",
    plugins: [leftOut],
    ...(form === "module" ? { banner: { js: requireForModules } } : { define: { "import.meta.dirname": "__dirname" } }),
  });
  const written = Object.entries(metafile.outputs).find(([file]) => !file.endsWith(".map"));
  return { file: outfile, bytes: written?.[1].bytes ?? 0 };
}
