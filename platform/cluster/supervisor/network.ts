import { execFileSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import path from "node:path";
import { forwardedPorts, inside, type Link } from "../addresses.ts";

/** The instance's end of its link, inside. */
export const linkInterface = "link";

/**
 * Makes this process's network namespace an instance's own: loopback, the pods' bridge and the link to the host, whose
 * forwarded ports lead to the bridge. The link's end must have been moved here.
 */
export function prepareNetwork(link: Link, iptables: string): void {
  // Written first, so that no interface spends time on finding itself an IPv6 address.
  for (const [name, value] of Object.entries(kernelSettings))
    writeFileSync(path.join("/proc/sys/net", name), `${value}\n`);
  execFileSync("ip", ["-batch", "-"], {
    input: interfaceCommands(link).join("\n"),
    stdio: ["pipe", "inherit", "inherit"],
  });
  for (const port of forwardedPorts) execFileSync(iptables, forwardRule(link, port), { stdio: "inherit" });
}

/** Below /proc/sys/net; each network namespace has its own. */
const kernelSettings = {
  "ipv6/conf/all/disable_ipv6": 1,
  "ipv6/conf/default/disable_ipv6": 1,
  "ipv4/ip_forward": 1,
};

function interfaceCommands(link: Link): string[] {
  return [
    "link set lo up",
    // With an address of its own: else the bridge takes that of a pod, and changes it when the pod goes.
    "link add cni0 address 0a:58:0a:f4:00:01 type bridge",
    `address add ${inside.bridge}/24 dev cni0`,
    "link set cni0 up",
    // Packets to a Service need a route before iptables gives them another address.
    `route add ${inside.serviceRange} dev cni0`,
    `link set dev ${link.peerInterface} name ${linkInterface}`,
    `address add ${link.address}/30 dev ${linkInterface}`,
    `link set dev ${linkInterface} up`,
    "",
  ];
}

function forwardRule(link: Link, port: number): string[] {
  const from = ["--destination", link.address, "--protocol", "tcp", "--dport", String(port)];
  const to = ["--jump", "DNAT", "--to-destination", `${inside.bridge}:${port}`];
  return ["--table", "nat", "--append", "PREROUTING", ...from, ...to];
}
