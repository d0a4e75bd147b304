import { readFile } from "node:fs/promises";

/** What it took to bring a tool here. */
export interface Cost {
  readonly seconds: number;
  /** Time of the processors, of this process' commands that ended meanwhile; those of a tool that was brought at the same time are in it. */
  readonly cpuSeconds: number;
}

/** Of the kernel's clock in /proc, on every machine that the tools are for. */
const ticksPerSecond = 100;

/** Runs the work and gives what it took beside its result. */
export async function withCost<T>(work: () => Promise<T>, now: () => number): Promise<readonly [T, Cost]> {
  const [start, cpu] = [now(), await cpuOfCommands()];
  const result = await work();
  return [result, { seconds: round((now() - start) / 1_000), cpuSeconds: round((await cpuOfCommands()) - cpu) }];
}

/** The seconds that all commands of this process have taken which have ended, with the commands that those ran. */
async function cpuOfCommands(): Promise<number> {
  const status = await readFile("/proc/self/stat", "utf8").catch(() => "");
  // After the name, which may hold spaces and brackets: user and system time of waited-for children are fields 16 and 17.
  const fields = status.slice(status.lastIndexOf(")") + 2).split(" ");
  return (Number(fields[13] ?? 0) + Number(fields[14] ?? 0)) / ticksPerSecond;
}

const round = (seconds: number): number => Math.round(seconds * 10) / 10;

/** Tools that this machine brought here, the dearest first, as lines of Markdown. */
export function costTable(
  tools: readonly { readonly name: string; readonly version: string; readonly cost?: Cost | undefined }[],
): readonly string[] {
  const known = tools.flatMap(({ name, version, cost }) =>
    cost === undefined ? [] : [{ tool: `${name} ${version}`, ...cost }],
  );
  const all = known.reduce(
    (sum, { seconds, cpuSeconds }) => ({ seconds: sum.seconds + seconds, cpuSeconds: sum.cpuSeconds + cpuSeconds }),
    { seconds: 0, cpuSeconds: 0 },
  );
  return [
    "| tool | time | processor time |",
    "| --- | --- | --- |",
    ...[...known.toSorted((a, b) => b.cpuSeconds - a.cpuSeconds), { tool: "all", ...all }].map(
      ({ tool, seconds, cpuSeconds }) => `| ${tool} | ${Math.round(seconds)} s | ${Math.round(cpuSeconds)} s |`,
    ),
  ];
}
