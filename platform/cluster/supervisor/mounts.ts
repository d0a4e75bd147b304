import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, realpathSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Bind } from "../components/component.ts";

/** Below the private /run: users without rights may pass through it. */
const privateFolder = "/run/atom";

export interface MountOptions {
  /** The instance's folder. */
  readonly folder: string;
  readonly binds: readonly Bind[];
  /** Executables that users without rights must be able to reach. */
  readonly shared: readonly string[];
}

/**
 * Makes this process's mount namespace an instance's own: what is written to /run, /dev/shm, /var/log and /var/lib stays
 * inside and goes with it, save what is written to the instance's folder.
 */
export function prepareMounts({ folder, binds, shared }: MountOptions): void {
  // Mounts of the kubelet must be seen in containers. The host's are out of reach: `unshare` made this copy private first.
  mount("--make-rshared", "/");
  mount("-t", "tmpfs", "-o", "mode=0755", "tmpfs", "/run");
  mount("-t", "tmpfs", "-o", "mode=1777", "tmpfs", "/dev/shm");
  for (const name of ["/run/lock", inPrivate("instance"), inPrivate("log")]) mkdirSync(name, { recursive: true });
  mount("--bind", folder, inPrivate("instance"));
  // The kubelet and the network plugins write here whatever their settings say.
  mountOverlay("/var/lib");
  mount("--bind", inPrivate("instance"), folder);
  mount("--bind", inPrivate("log"), "/var/log");
  for (const bind of binds) mountBind(bind);
  // To where a link leads, too.
  for (const executable of shared) for (const file of [executable, realpathSync(executable)]) openWayTo(file);
}

const inPrivate = (name: string): string => path.join(privateFolder, name);

function mount(...args: readonly string[]): void {
  execFileSync("mount", args, { stdio: ["ignore", "inherit", "inherit"] });
}

/** Shows a folder as it is; changes to it are kept in memory and are seen here alone. */
function mountOverlay(folder: string): void {
  const layers = inPrivate(path.join("overlays", encodeURIComponent(folder)));
  const [upper, work] = [path.join(layers, "upper"), path.join(layers, "work")];
  mkdirSync(upper, { recursive: true });
  mkdirSync(work, { recursive: true });
  chmodSync(upper, statSync(folder).mode & 0o7777);
  mount("-t", "overlay", "-o", `lowerdir=${folder},upperdir=${upper},workdir=${work}`, "overlay", folder);
}

function mountBind({ source, target }: Bind): void {
  if (statSync(source).isDirectory()) mkdirSync(target, { recursive: true });
  else {
    mkdirSync(path.dirname(target), { recursive: true });
    writeFileSync(target, "");
  }
  mount("--bind", source, target);
}

/** Lets everybody pass through the folders above a file, in this namespace alone: a cache may lie in root's home. */
function openWayTo(file: string): void {
  const closed = foldersAbove(file).filter((folder) => (statSync(folder).mode & 0o001) === 0);
  const [outermost] = closed;
  if (outermost === undefined) return;
  if (!`${outermost}/`.startsWith("/var/lib/")) mountOverlay(outermost);
  for (const folder of closed) chmodSync(folder, statSync(folder).mode | 0o001);
}

/** From the root's child to the file's own folder. */
function foldersAbove(file: string): string[] {
  const parent = path.dirname(file);
  return parent === path.dirname(parent) ? [] : [...foldersAbove(parent), parent];
}
