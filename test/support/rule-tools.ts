import { execFile } from "node:child_process";
import { silentReporter } from "../../platform/progress.ts";
import { ensureTools } from "../../platform/toolchain/ensure.ts";
import type { ToolName } from "../../platform/toolchain/tools.ts";

/** The tools that check rules, routes, workflows and Dockerfiles, and what brings each. */
const packages = {
  promtool: "prometheus",
  amtool: "alertmanager",
  pint: "pint",
  actionlint: "actionlint",
  shellcheck: "shellcheck",
  zizmor: "zizmor",
  hadolint: "hadolint",
} as const satisfies Record<string, ToolName>;

type RuleTool = keyof typeof packages;

export interface ToolAnswer {
  readonly code: number;
  /** Standard output and errors. */
  readonly output: string;
}

/** Runs a tool to its end, which it must reach within a minute. */
export interface RunTool {
  (...parameters: readonly string[]): Promise<ToolAnswer>;
  /** Where its executable is. */
  readonly path: string;
}

/** Brings a tool: on a bare machine it is built first. */
export async function ruleTool(name: RuleTool): Promise<RunTool> {
  const tool = (await ensureTools([packages[name]], { reporter: silentReporter })).path(name);
  const run = (...parameters: readonly string[]): Promise<ToolAnswer> =>
    new Promise((resolve, reject) => {
      execFile(tool, parameters, { timeout: 60_000, maxBuffer: 16 * 1024 * 1024 }, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        if (typeof code === "number") resolve({ code, output: `${stdout}${stderr}` });
        else reject(new Error(`${name} did not end by itself`, { cause: error }));
      });
    });
  return Object.assign(run, { path: tool });
}
