import assert from "node:assert/strict";
import {
  MachineNotReadyError,
  MissingCommandError,
  NotRootError,
  ToolchainError,
  UnsupportedMachineError,
} from "../../../platform/toolchain/errors.ts";
import { checkCommands, checkMachine, spaceNeeds } from "../../../platform/toolchain/preconditions.ts";
import type { Source, Tool } from "../../../platform/toolchain/tool.ts";
import { Bench, toolWith } from "./bench.ts";

const sources = {
  go: { kind: "go-source", folder: "pause" },
  wheel: { kind: "wheel", project: "saw", version: "1", programs: {} },
  debian: { kind: "debian", packages: ["saw"], programs: {} },
} as const satisfies Record<string, Source>;

const from = (source: keyof typeof sources): Tool => toolWith({ name: `${source}-saw`, sources: [sources[source]] });

describe("what the machine has to be and to have", () => {
  let bench: Bench;

  beforeEach(() => {
    bench = new Bench();
  });

  afterEach(() => {
    bench.clear();
  });

  describe("the machine itself", () => {
    it("may be Linux on either processor", () => {
      checkMachine([toolWith({})], bench.machine({ architecture: "x64" }));
      checkMachine([toolWith({})], bench.machine({ architecture: "arm64" }));
    });

    for (const changes of [{ platform: "darwin" }, { platform: "win32" }, { architecture: "riscv64" }]) {
      it(`may not be ${Object.values(changes).join("")}`, () => {
        assert.throws(
          () => {
            checkMachine([toolWith({})], bench.machine(changes));
          },
          new RegExp(`does not run on .*${Object.values(changes).join("")}`),
        );
        assert.throws(() => {
          checkMachine([], bench.machine(changes));
        }, UnsupportedMachineError);
      });
    }

    it("has to be root's only for tools that need it, which are named", () => {
      const machine = bench.machine({ userId: 1000 });
      checkMachine([toolWith({})], machine);
      assert.throws(
        () => {
          checkMachine([toolWith({}), toolWith({ name: "runc", asRoot: true })], machine);
        },
        (error) => error instanceof NotRootError && /needs root.*\n.*why: runc set up/.test(error.message),
      );
    });
  });

  describe("its commands", () => {
    it("are not asked for when nothing needs them", async () => {
      await checkCommands([], bench.machine());
    });

    it("are enough when they run", async () => {
      bench.script("go", "echo go1.26.8");
      bench.script("python3", "echo pip 23");
      for (const name of ["apt-get", "apt-cache", "dpkg-deb"]) bench.script(name, "");
      await checkCommands([from("go"), from("wheel"), from("debian")], bench.machine());
    });

    it("must have Go when something is built from source", async () => {
      await assert.rejects(checkCommands([from("go")], bench.machine()), (error) => {
        assert.ok(error instanceof MissingCommandError);
        assert.equal(error.command, "go");
        assert.match(
          error.message,
          /^go is not on PATH\.\n {2}why: .*go-saw.*\n {2}way out: install Go 1\.26\.0 or newer/,
        );
        assert.match(error.message, /npm start -- --context NAME$/);
        return true;
      });
    });

    it("must have a Go that is new enough", async () => {
      bench.script("go", "echo go1.19.8");
      await assert.rejects(
        checkCommands([from("go")], bench.machine()),
        /^MissingCommandError: go is 1\.19\.8, older than/,
      );
    });

    it("must have a pip that runs", async () => {
      bench.script("python3", "echo No module named pip; exit 1");
      await assert.rejects(checkCommands([from("wheel")], bench.machine()), /python3 -m pip does not run/);
    });

    it("must have Debian's package manager for tools that are not on the machine", async () => {
      bench.script("apt-get", "");
      await assert.rejects(checkCommands([from("debian")], bench.machine()), (error) => {
        assert.ok(error instanceof MissingCommandError);
        assert.equal(error.command, "apt-cache");
        assert.match(error.message, /install debian-saw with the package manager of your distribution/);
        return true;
      });
    });

    it("are all named when several are missing", async () => {
      await assert.rejects(checkCommands([from("go"), from("wheel"), from("debian")], bench.machine()), (error) => {
        assert.ok(error instanceof MachineNotReadyError);
        assert.deepEqual(
          error.problems.map((problem) => problem instanceof MissingCommandError && problem.command),
          ["go", "python3 -m pip", "apt-get"],
        );
        assert.match(error.message, /lacks 3 things:\n- go is not on PATH\.\n {4}why: /);
        assert.equal(error.message.match(/--context NAME/g)?.length, 1);
        return true;
      });
    });

    it("may lack Go where another source can give the tool", async () => {
      await checkCommands(
        [toolWith({ sources: [{ kind: "release", files: [], estimateSeconds: 1 }, sources.go] })],
        bench.machine(),
      );
    });
  });

  describe("its disk", () => {
    const tools = [
      toolWith({ space: { cache: 100, goCache: 30, goModules: 20 } }),
      toolWith({ space: { cache: 10, goCache: 3 } }),
    ];

    it("holds all of it where the tools are, what Go keeps meanwhile included", () => {
      assert.deepEqual(spaceNeeds(tools, "/tools"), [{ folder: "/tools", megabytes: 163 }]);
    });
  });

  it("is told in errors that are a user's to mend", () => {
    const error = new NotRootError(["runc"]);
    assert.ok(error instanceof ToolchainError);
    assert.equal(error.name, "NotRootError");
  });
});
