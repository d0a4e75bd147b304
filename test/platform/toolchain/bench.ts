import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { GoRun } from "../../../platform/toolchain/go-run.ts";
import type { Machine } from "../../../platform/toolchain/machine.ts";
import type { Workshop } from "../../../platform/toolchain/recipe.ts";
import type { Tool } from "../../../platform/toolchain/tool.ts";

/** A temporary folder for one test, with a machine whose only programs are those that the test writes. */
export class Bench {
  readonly root = mkdtempSync(join(tmpdir(), "atom-bench-"));
  readonly bin = this.folder("bin");

  folder(...path: readonly string[]): string {
    const folder = join(this.root, ...path);
    mkdirSync(folder, { recursive: true });
    return folder;
  }

  file(path: string, text: string): string {
    const whole = join(this.root, path);
    mkdirSync(dirname(whole), { recursive: true });
    writeFileSync(whole, text);
    return whole;
  }

  /** An executable shell script, in `bin` unless the path says otherwise. */
  script(path: string, body: string): string {
    const whole = this.file(path.includes("/") ? path : join("bin", path), `#!/bin/sh\n${body}\n`);
    chmodSync(whole, 0o755);
    return whole;
  }

  /** A machine with our scripts; `withSystem` adds the real one's programs after them. */
  machine(options: { withSystem?: boolean } & Partial<Machine> = {}): Machine {
    const { withSystem = false, ...changes } = options;
    return {
      platform: "linux",
      architecture: "x64",
      userId: 0,
      home: this.folder("home"),
      env: { PATH: withSystem ? `${this.bin}:/usr/bin:/bin` : this.bin, BENCH: this.root },
      systemFolders: [],
      ...changes,
    };
  }

  workshop(changes: Partial<Workshop> = {}): Workshop {
    const run = new GoRun(join(this.root, "tools"), changes.machine ?? this.machine({ withSystem: true }));
    return {
      go: {
        compiled: run.compiled,
        environment: () => run.environment(),
        prepared: (source) => run.prepared(source),
        compilerStarts: () => undefined,
      },
      tool: toolWith({}),
      folder: this.folder("workshop"),
      log: join(this.root, "tool.log"),
      machine: this.machine({ withSystem: true }),
      signal: undefined,
      update: () => undefined,
      ...changes,
    };
  }

  clear(): void {
    rmSync(this.root, { recursive: true, force: true });
  }
}

/** A tool of one executable, "saw", built from our own source unless told otherwise. */
export function toolWith(changes: Partial<Tool>): Tool {
  return {
    name: "saw",
    version: "2.5.0",
    neededFor: "cutting",
    executables: ["saw"],
    sources: [{ kind: "go-source", folder: "pause" }],
    estimateSeconds: 7,
    space: { cache: 1 },
    ...changes,
  };
}
