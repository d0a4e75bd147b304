import { CommandError, run } from "./command.ts";
import {
  MachineNotReadyError,
  MissingCommandError,
  NotRootError,
  UnsupportedMachineError,
  type ToolchainError,
} from "./errors.ts";
import { oldestGo } from "./go.ts";
import { findExecutable, searchPath, type Machine } from "./machine.ts";
import type { SpaceNeed } from "./space.ts";
import type { Source, Tool } from "./tool.ts";
import { compareVersions, findVersion } from "./version.ts";

/** Throws {@link UnsupportedMachineError} or {@link NotRootError} when the tools cannot do their work here. */
export function checkMachine(tools: readonly Tool[], machine: Machine): void {
  const { platform, architecture, userId } = machine;
  if (platform !== "linux" || !["x64", "arm64"].includes(architecture)) {
    throw new UnsupportedMachineError(platform, architecture);
  }
  const forRoot = tools.filter(({ asRoot }) => asRoot === true).map(({ name }) => name);
  if (forRoot.length > 0 && userId !== 0) throw new NotRootError(forRoot);
}

/** Throws what the machine lacks to bring the tools here: one {@link MissingCommandError}, or all of them together. */
export async function checkCommands(missing: readonly Tool[], machine: Machine): Promise<void> {
  const wanting = (kinds: readonly Source["kind"][]): readonly string[] =>
    missing.filter(({ sources }) => sources.every(({ kind }) => kinds.includes(kind))).map(({ name }) => name);
  const all = [
    ...(await checkGo(machine, wanting(["go-module", "go-module-file", "go-source"]))),
    ...(await checkPip(machine, wanting(["wheel"]))),
    ...(await checkApt(machine, wanting(["debian"]))),
  ];
  if (all.length > 1) throw new MachineNotReadyError(all);
  if (all[0] !== undefined) throw all[0];
}

async function checkGo(machine: Machine, tools: readonly string[]): Promise<ToolchainError[]> {
  if (tools.length === 0) return [];
  const wayOut = `install Go ${oldestGo} or newer (https://go.dev/dl) and put it on PATH`;
  const printed = await output(machine, "go", ["env", "GOVERSION"]);
  if (printed === undefined) return [new MissingCommandError("go", { problem: "is not on PATH", tools, wayOut })];
  const version = findVersion(printed) ?? "0";
  if (compareVersions(version, oldestGo) >= 0) return [];
  return [new MissingCommandError("go", { problem: `is ${version}, older than ${oldestGo}`, tools, wayOut })];
}

async function checkPip(machine: Machine, tools: readonly string[]): Promise<ToolchainError[]> {
  if (tools.length === 0) return [];
  if ((await output(machine, "python3", ["-m", "pip", "--version"])) !== undefined) return [];
  const wayOut = "install Python 3 with pip (apt-get install python3-pip)";
  return [new MissingCommandError("python3 -m pip", { problem: "does not run", tools, wayOut })];
}

async function checkApt(machine: Machine, tools: readonly string[]): Promise<ToolchainError[]> {
  if (tools.length === 0) return [];
  const problems: ToolchainError[] = [];
  for (const command of ["apt-get", "apt-cache", "dpkg-deb"]) {
    if ((await findExecutable(command, searchPath(machine))) !== undefined) continue;
    const wayOut = `install ${tools.join(", ")} with the package manager of your distribution, so that they are on PATH`;
    problems.push(new MissingCommandError(command, { problem: "is not on PATH", tools, wayOut }));
  }
  return problems.slice(0, 1);
}

async function output(machine: Machine, command: string, parameters: readonly string[]): Promise<string | undefined> {
  const path = await findExecutable(command, searchPath(machine));
  if (path === undefined) return undefined;
  try {
    return (await run(path, parameters, { env: { ...machine.env, LC_ALL: "C" }, timeoutMs: 10_000 })).stdout;
  } catch (error) {
    if (error instanceof CommandError) return undefined;
    throw error;
  }
}

/** What the tools will take in the folder that they are kept in. What Go keeps while it builds them is there as well. */
export function spaceNeeds(missing: readonly Tool[], root: string): readonly SpaceNeed[] {
  const megabytes = missing.reduce(
    (all, { space }) => all + space.cache + (space.goCache ?? 0) + (space.goModules ?? 0),
    0,
  );
  return [{ folder: root, megabytes }];
}
