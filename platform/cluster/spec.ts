import { readFile, rename, writeFile } from "node:fs/promises";
import type { Plan } from "./components/table.ts";

/** What an instance is made of: written once by the start, read by its supervisor and by those who ask for its addresses. */
export interface InstanceSpec {
  readonly name: string;
  readonly linkIndex: number;
  readonly searchPath: string;
  /** Path of iptables. */
  readonly iptables: string;
  /** Path of containerd's client. */
  readonly ctr: string;
  /** The image archives that it has imported, or imports at its start. */
  readonly archives: readonly string[];
  readonly plan: Plan;
}

/** Reads an instance's spec file; undefined where there is none. */
export async function readSpec(file: string): Promise<InstanceSpec | undefined> {
  try {
    return JSON.parse(await readFile(file, "utf8")) as InstanceSpec;
  } catch (error) {
    if (error instanceof Error && "code" in error && error.code === "ENOENT") return undefined;
    throw error;
  }
}

/** Writes a spec file; a reader sees the old one or the new one. */
export async function writeSpec(file: string, spec: InstanceSpec): Promise<void> {
  await writeFile(`${file}.new`, JSON.stringify(spec, null, 2), { mode: 0o600 });
  await rename(`${file}.new`, file);
}
