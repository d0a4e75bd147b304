// `npm test`: runs every group of tests in a process of its own, then the coverage gate, and ends with `N passed, N failed`.
import { spawn } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { randomInt } from "node:crypto";
import { tmpdir } from "node:os";
import path from "node:path";
import { Command, InvalidArgumentError, Option } from "commander";
import { groupNames, groups, usualGroups, type GroupName } from "./support/groups.ts";
import type { GroupResult } from "./support/run-group.ts";

const root = path.join(import.meta.dirname, "..");

interface Options {
  readonly only?: GroupName;
  readonly seed: number;
  readonly grep?: string;
}

const options = new Command("npm test --")
  .description("Runs the project's tests in random order, and checks the coverage of what they run.")
  .addOption(
    new Option("--only <group>", "run one group; coverage is then reported but not enforced").choices(groupNames),
  )
  .option("--seed <number>", "repeat the order of an earlier run", parseSeed, randomInt(2 ** 31))
  .option("--grep <text>", "run the tests whose title contains this text")
  .parse()
  .opts<Options>();

function parseSeed(value: string): number {
  if (!/^\d{1,10}$/.test(value))
    throw new InvalidArgumentError("a seed is a whole number, as an earlier run printed it.");
  return Number(value);
}

interface Exit {
  readonly code: number | null;
  readonly timedOut: boolean;
}

/** Runs a command to its end, or ends it after `minutes`. */
function run(command: readonly string[], env: NodeJS.ProcessEnv, minutes: number): Promise<Exit> {
  const [executable = process.execPath, ...args] = command;
  return new Promise((resolve, reject) => {
    const child = spawn(executable, args, {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ["ignore", "inherit", "inherit"],
    });
    let timedOut = false;
    const timer = setTimeout(() => {
      timedOut = true;
      child.kill("SIGKILL");
    }, minutes * 60_000);
    child.once("error", reject);
    child.once("close", (code) => {
      clearTimeout(timer);
      resolve({ code, timedOut });
    });
  });
}

const scratch = mkdtempSync(path.join(tmpdir(), "atom-test-"));
const coverage = path.join(scratch, "coverage");
let passed = 0;
let failed = 0;
const failures: string[] = [];

try {
  console.log(`Random order with seed ${options.seed} (repeat it with: npm test -- --seed ${options.seed})`);
  for (const name of options.only ? [options.only] : usualGroups) {
    console.log(`\n── ${name}: ${groups[name].about}`);
    const resultFile = path.join(scratch, `${name}.json`);
    const exit = await run(
      [
        process.execPath,
        path.join("test", "support", "run-group.ts"),
        name,
        String(options.seed),
        resultFile,
        options.grep ?? "",
      ],
      { NODE_V8_COVERAGE: coverage },
      groups[name].minutes,
    );
    const result = readResult(resultFile);
    passed += result?.passed ?? 0;
    failed += result?.failed ?? 0;
    failures.push(...(result?.failures ?? []).map((failure) => `${name}: ${failure}`));
    if (exit.timedOut || result === undefined) {
      failed += 1;
      failures.push(
        `The group ${name} ${exit.timedOut ? `took over ${groups[name].minutes} minutes` : "ended early"} (exit code ${exit.code}).`,
      );
    }
  }
  const whole = options.only === undefined && options.grep === undefined;
  const gate = await run(
    [
      path.join(root, "node_modules", ".bin", "c8"),
      "report",
      "--temp-directory",
      coverage,
      ...(whole ? [] : ["--check-coverage", "false"]),
    ],
    {},
    5,
  );
  if (gate.code !== 0) {
    failed += 1;
    failures.push("Coverage is below its floor (see .c8rc.json).");
  }
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
if (passed + failed === 0) failed = 1;
// Once more at the end: whoever sees only the last lines of a log should see what failed.
for (const failure of failures) console.error(`\nFAILED ${failure}`);
if (failed > 0) console.log(`\nThe order's seed was ${options.seed}`);
console.log(`\n${passed} passed, ${failed} failed`);
process.exitCode = failed === 0 ? 0 : 1;

function readResult(file: string): GroupResult | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8")) as GroupResult;
  } catch {
    return undefined;
  }
}
