import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { cgroupVersion, hierarchies } from "./cgroups.ts";
import { ClusterError } from "./errors.ts";
import type { Link } from "./addresses.ts";
import type { ClusterImage, StartClusterOptions } from "./cluster.ts";
import type { Layout, User } from "./components/component.ts";
import type { Instance } from "./instance.ts";

/** Programs of the distribution that the components run themselves: mount, ip, sh. */
const systemFolders = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/** Executables that a component looks for on its PATH. */
const executablesOnPath = ["iptables", "runc", "containerd-shim-runc-v2"];

/** The user without rights that every Linux has; see passwd(5). */
const nobody: User = { uid: 65534, gid: 65534 };

/** Puts together what the components of an instance depend on. Throws a ClusterError when an image is missing. */
export function layoutOf(
  instance: Instance,
  link: Link,
  {
    toolchain,
    images,
    scrapeIntervalSeconds = 2,
    parts = [],
  }: Pick<StartClusterOptions, "toolchain" | "images" | "scrapeIntervalSeconds" | "parts">,
): Layout {
  const image = (name: string): string =>
    referenceOf(
      name,
      images.map(({ reference }) => reference),
    );
  const own = {
    pause: image("pause"),
    prometheus: image("prometheus"),
    alertmanager: image("alertmanager"),
    configReloader: image("prometheus-config-reloader"),
  };
  return {
    instance,
    link,
    tools: toolchain,
    searchPath: [
      ...new Set([...executablesOnPath.map((name) => path.dirname(toolchain.path(name))), ...systemFolders]),
    ].join(":"),
    images: { ...own, archives: inOrderOfImport(images, Object.values(own)) },
    users: { postgresql: userIn(readFileSync("/etc/passwd", "utf8"), "postgres") ?? nobody, nobody },
    scrapeIntervalSeconds,
    parts,
    cgroupVersion: cgroupVersion(hierarchies()),
  };
}

/** The cluster's own images first, and the smaller ones first. */
function inOrderOfImport(images: readonly ClusterImage[], own: readonly string[]): readonly ClusterImage[] {
  const sorted = images
    .map((image) => ({ image, bytes: statSync(image.archive).size }))
    .sort((one, other) => one.bytes - other.bytes)
    .map(({ image }) => image);
  const isOwn = ({ reference }: ClusterImage): boolean => own.includes(reference);
  return [...sorted.filter(isOwn), ...sorted.filter((image) => !isOwn(image))];
}

/** The reference whose repository ends in a name: "prometheus" is "atom.local/prometheus:3.15.0". */
export function referenceOf(name: string, references: readonly string[]): string {
  const found = references.find((reference) => /([^/:@]+)(:[^/]*)?$/.exec(reference)?.[1] === name);
  if (found !== undefined) return found;
  throw new ClusterError({
    what: `the cluster has no image "${name}"`,
    why: `it was given ${references.length === 0 ? "none" : references.join(", ")}`,
    wayOut: "build the images again (npm start does)",
  });
}

/** A user in the text of a passwd file. */
export function userIn(passwd: string, name: string): User | undefined {
  const fields = passwd
    .split("\n")
    .map((line) => line.split(":"))
    .find(([first]) => first === name);
  return fields === undefined ? undefined : { uid: Number(fields[2]), gid: Number(fields[3]) };
}
