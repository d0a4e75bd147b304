import { execFileSync } from "node:child_process";
import { existsSync, lstatSync, readFileSync, readdirSync } from "node:fs";
import path from "node:path";
import { ImageError } from "./image-error.ts";
import { ignoreRules } from "./ignore-rules.ts";

/** A file of a build context. */
export interface ContextFile {
  /** Relative to the context, with slashes. */
  readonly file: string;
  readonly bytes: number;
}

export interface Size {
  readonly files: number;
  readonly bytes: number;
}

/** What BuildKit may be sent of a folder, with the image's ignore file and without one. */
export interface ContextSize {
  readonly all: Size;
  readonly kept: Size;
  /** Share of the bytes that stay out, from 0 to 1. */
  readonly cut: number;
}

/** Everything in a folder: what a build without an ignore file would be sent, `.git` and `node_modules` too. */
export function filesOf(folder: string): readonly ContextFile[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true }).flatMap((entry) => {
    if (entry.isDirectory()) return [];
    const place = path.join(entry.parentPath, entry.name);
    const stats = lstatSync(place, { throwIfNoEntry: false });
    const file = path.relative(folder, place).split(path.sep).join("/");
    return stats === undefined ? [] : [{ file, bytes: stats.size }];
  });
}

/** What git has of a folder: a clean checkout, before anything is installed and without `.git`. */
export function trackedFilesOf(folder: string): readonly ContextFile[] {
  const names = execFileSync("git", ["ls-files", "-z"], { cwd: folder, encoding: "utf8", maxBuffer: 64 * 1024 * 1024 });
  return names
    .split("\0")
    .filter((file) => file !== "" && existsSync(path.join(folder, file)))
    .map((file) => ({ file, bytes: lstatSync(path.join(folder, file)).size }));
}

/** The files that an image's ignore file lets through. */
export function contextOf(files: readonly ContextFile[], ignoreFile: string): readonly ContextFile[] {
  const rules = ignoreRules(ignoreFile);
  return files.filter(({ file }) => !rules.excludes(file));
}

export function contextSize(files: readonly ContextFile[], ignoreFile: string): ContextSize {
  const all = sizeOf(files);
  const kept = sizeOf(contextOf(files, ignoreFile));
  return { all, kept, cut: all.bytes === 0 ? 0 : 1 - kept.bytes / all.bytes };
}

function sizeOf(files: readonly ContextFile[]): Size {
  return { files: files.length, bytes: files.reduce((sum, { bytes }) => sum + bytes, 0) };
}

/**
 * The ignore file that BuildKit takes for a Dockerfile: the one beside it that bears its name, else the context's.
 *
 * @throws ImageError where there is neither
 */
export function ignoreFileOf(folder: string, dockerfile: string): string {
  const places = [`${dockerfile}.dockerignore`, ".dockerignore"].map((file) => path.join(folder, file));
  const place = places.find((candidate) => existsSync(candidate));
  if (place === undefined) throw new ImageError(`${dockerfile} has no ignore file: neither ${places.join(" nor ")}.`);
  return readFileSync(place, "utf8");
}
