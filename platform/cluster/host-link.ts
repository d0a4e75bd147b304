import { execFile } from "node:child_process";
import { readFileSync, readdirSync } from "node:fs";
import { networkInterfaces } from "node:os";
import { promisify } from "node:util";
import { linkCount, linkOf, type Link } from "./addresses.ts";
import { ClusterError } from "./errors.ts";

const run = promisify(execFile);

/** What the host's end of an instance's link is marked with, so that it is found again. */
export function linkAlias(name: string): string {
  return `atom cluster ${name}`;
}

/** Makes a link with the first index that is free; both ends are on the host. Throws a ClusterError when none is free. */
export async function createLink(name: string): Promise<Link> {
  for (const index of freeIndexes(interfacesInUse())) {
    const link = linkOf(index);
    if (!(await tryToCreate(link))) continue;
    await run("ip", ["link", "set", link.hostInterface, "alias", linkAlias(name)]);
    await run("ip", ["address", "add", `${link.hostAddress}/30`, "dev", link.hostInterface]);
    await run("ip", ["link", "set", link.hostInterface, "up"]);
    return link;
  }
  throw new ClusterError({
    what: "no network is free for another cluster",
    why: `all ${linkCount} of 10.213.0.0/16 are taken on this machine`,
    wayOut: "stop a cluster that is not needed (npm stop)",
  });
}

interface InterfacesInUse {
  readonly names: ReadonlySet<string>;
  readonly addresses: readonly string[];
}

function interfacesInUse(): InterfacesInUse {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => (list ?? []).map(({ address }) => address));
  return { names: new Set(readdirSync("/sys/class/net")), addresses };
}

/** Indexes whose interface's name and addresses nobody has, lowest first. */
export function freeIndexes({ names, addresses }: InterfacesInUse): number[] {
  return Array.from({ length: linkCount }, (_, index) => index).filter((index) => {
    const { hostInterface, peerInterface } = linkOf(index);
    return (
      !names.has(hostInterface) &&
      !names.has(peerInterface) &&
      !addresses.some((address) => address.startsWith(`10.213.${index}.`))
    );
  });
}

/** The kernel gives a name once: of two starts at the same moment one sees false here and takes the next index. */
async function tryToCreate({ hostInterface, peerInterface }: Link): Promise<boolean> {
  try {
    await run("ip", ["link", "add", hostInterface, "type", "veth", "peer", "name", peerInterface]);
    return true;
  } catch (error) {
    if (error instanceof Error && error.message.includes("File exists")) return false;
    throw error;
  }
}

/** Moves the instance's end into the network namespace of a process. */
export async function moveLink({ peerInterface }: Link, pid: number): Promise<void> {
  await run("ip", ["link", "set", peerInterface, "netns", String(pid)]);
}

/** The host's ends of an instance's links. */
export function linksOf(name: string): string[] {
  return readdirSync("/sys/class/net").filter((one) => {
    try {
      return readFileSync(`/sys/class/net/${one}/ifalias`, "utf8").trim() === linkAlias(name);
    } catch {
      return false;
    }
  });
}

/** Removes a link by its host's end. One that is gone already, or goes at this moment with the instance's namespace, is as good. */
export async function removeLink(hostInterface: string): Promise<void> {
  try {
    await run("ip", ["link", "delete", hostInterface]);
  } catch (error) {
    if (!(error instanceof Error && /Cannot find device|No such device/.test(error.message))) throw error;
  }
}
