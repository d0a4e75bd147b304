import { readFileSync } from "node:fs";

/** TCP state LISTEN in /proc/net/tcp. */
const listen = "0A";

/** Local addresses, as "10.244.0.1:6443", that something listens on in the network namespace of a process. */
export function listenersOf(pid: number | "self"): string[] {
  return readFileSync(`/proc/${pid}/net/tcp`, "utf8")
    .trim()
    .split("\n")
    .slice(1)
    .map((line) => line.trim().split(/\s+/))
    .filter((fields) => fields[3] === listen)
    .map((fields) => addressOf(fields[1] ?? ""));
}

/** Names of the interfaces in the network namespace of a process. */
export function interfacesOf(pid: number): string[] {
  return readFileSync(`/proc/${pid}/net/dev`, "utf8")
    .split("\n")
    .slice(2)
    .map((line) => line.split(":")[0]?.trim() ?? "")
    .filter((name) => name !== "");
}

/** "0100F40A:192B" is 10.244.0.1:6443: the address's bytes are in the machine's order. */
function addressOf(hex: string): string {
  const [address = "", port = ""] = hex.split(":");
  const bytes = address.match(/../g)?.reverse() ?? [];
  return `${bytes.map((byte) => Number.parseInt(byte, 16)).join(".")}:${Number.parseInt(port, 16)}`;
}
