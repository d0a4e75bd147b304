/** An image in the form that `ctr image import` and `docker load` take. */
export interface Image {
  /** Full name with tag, such as `atom.local/atom:0.1.0`. */
  readonly reference: string;
  /** Absolute path of a docker-archive; its name holds the digest of its content, so it never changes. */
  readonly archive: string;
}

/** Where executables are; platform/toolchain's toolchain is one. */
export interface Executables {
  /** @returns the absolute path of an executable. */
  path(executable: string): string;
}

export interface ImagesOptions {
  /** Told one plain line for each image that is built; nothing when all are in the cache. @default silent */
  readonly reporter?: (line: string) => void;
  /** @default `${XDG_CACHE_HOME:-~/.cache}/atom/images` */
  readonly cacheDir?: string;
  readonly signal?: AbortSignal;
}

/**
 * Makes every image that the embedded cluster runs from our own files, or finds it in the cache: pause, Prometheus,
 * Alertmanager, the config reloader and Atom.
 */
export function ensureImages(toolchain: Executables, options: ImagesOptions = {}): Promise<readonly Image[]> {
  return Promise.reject(new Error(`not built yet: ${String(toolchain)} ${String(options)}`));
}
