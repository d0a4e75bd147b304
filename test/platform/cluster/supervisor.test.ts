import assert from "node:assert/strict";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { ApiClient } from "../../../platform/cluster/api-client.ts";
import { readState } from "../../../platform/cluster/state.ts";
import { StateBoard } from "../../../platform/cluster/supervisor/state-board.ts";
import { Supervisor } from "../../../platform/cluster/supervisor/supervisor.ts";
import { eventually } from "../../support/eventually.ts";
import type { Component, Service, Task } from "../../../platform/cluster/components/component.ts";

describe("The supervisor", () => {
  let folder: string;
  let supervisor: Supervisor | undefined;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-supervisor-"));
  });

  afterEach(async () => {
    await supervisor?.stop();
    supervisor = undefined;
    await rm(folder, { recursive: true });
  });

  const inFolder = (name: string): string => path.join(folder, name);
  const shell = (script: string) => ({ kind: "command", command: "/bin/sh", args: ["-c", script] }) as const;
  const task = (name: string, script: string, ...after: string[]): Task => ({
    name,
    kind: "task",
    after,
    deadlineSeconds: 5,
    work: shell(`${script}; echo ${name} >> ${inFolder("order")}`),
  });
  /** A service that is ready once its socket listens. */
  const service = (name: string, script: string, ...after: string[]): Service => ({
    name,
    kind: "service",
    after,
    deadlineSeconds: 5,
    command: {
      kind: "command",
      command: process.execPath,
      args: [
        "-e",
        `process.on("SIGTERM",()=>{require("fs").appendFileSync(${JSON.stringify(inFolder("order"))},"${name} stopped\\n");process.exit()});` +
          `require("net").createServer().listen(${JSON.stringify(inFolder(name))});${script}`,
      ],
    },
    ready: { kind: "socket", path: inFolder(name) },
  });

  function supervise(components: readonly Component[]): Supervisor {
    const names = components.map(({ name }) => name);
    supervisor = new Supervisor({
      components,
      client: new ApiClient({ server: "https://127.0.0.1:1", tls: {} }),
      board: new StateBoard(inFolder("state.json"), names, Date.now),
      logs: folder,
      env: { PATH: "/usr/bin:/bin" },
    });
    return supervisor;
  }

  const stateOf = async (name: string) => (await readState(inFolder("state.json")))?.components[name];
  const order = async () => (await readFile(inFolder("order"), "utf8")).trim().split("\n");

  it("starts a component when those that it comes after are ready, whatever the table's order", async () => {
    await supervise([task("c", "true", "b"), task("b", "true", "a"), task("a", "sleep 0.2")]).start();
    assert.deepEqual(await order(), ["a", "b", "c"]);
    await eventually("the state is written", async () => ((await stateOf("c"))?.phase === "done" ? true : undefined));
  });

  it("stops services in the opposite order", async () => {
    const running = supervise([service("a", ""), service("b", "", "a"), service("c", "", "b")]);
    await running.start();
    await running.stop();
    assert.deepEqual(await order(), ["c stopped", "b stopped", "a stopped"]);
  });

  it("starts a service again that was killed, counts it and says why", async () => {
    await supervise([service("a", "")]).start();
    const { pid = 0 } = await eventually("it runs", async () =>
      (await stateOf("a"))?.phase === "running" ? stateOf("a") : undefined,
    );
    await rm(inFolder("a"));
    process.kill(pid, "SIGKILL");
    const again = await eventually("it runs again", async () => {
      const state = await stateOf("a");
      return state?.phase === "running" && state.pid !== pid ? state : undefined;
    });
    assert.equal(again.restarts, 1);
    assert.equal(again.message, "ended by SIGKILL");
  });

  it("fails with the component's name and ending when a task fails", async () => {
    const failing: Task = { ...task("import", ""), work: shell("echo no space left; exit 3") };
    await assert.rejects(supervise([failing, task("later", "true", "import")]).start(), /^Error: import exit code 3$/);
    assert.equal(await readFile(inFolder("import.log"), "utf8"), "no space left\n");
    await eventually("the state is written", async () =>
      (await stateOf("import"))?.phase === "failed" ? true : undefined,
    );
    assert.equal((await stateOf("later"))?.phase, "pending");
  });

  it("fails with the deadline and the last ending when a service does not become ready", async () => {
    const failing: Service = {
      ...service("a", ""),
      deadlineSeconds: 0.5,
      command: shell("exit 7"),
    };
    await assert.rejects(supervise([failing]).start(), /a was not ready after 0\.5 s \(exit code 7\)/);
  });

  it("fails with the reason when an executable is missing", async () => {
    const failing: Task = { ...task("a", ""), work: { kind: "command", command: "/no/such", args: [] } };
    await assert.rejects(supervise([failing]).start(), /a could not be started: .*ENOENT/);
  });

  it("ends a service that does not listen to being asked", async () => {
    const deaf: Service = {
      ...service("a", ""),
      command: {
        kind: "command",
        command: process.execPath,
        args: [
          "-e",
          `process.on("SIGTERM",()=>{});require("net").createServer().listen(${JSON.stringify(inFolder("a"))})`,
        ],
      },
    };
    const running = supervise([deaf]);
    await running.start();
    const { pid = 0 } = await eventually("its pid is known", () => stateOf("a"));
    await running.stop();
    assert.throws(() => process.kill(pid, 0), /ESRCH/);
  });

  it("gives a command its input and no more of the environment than it is told", async () => {
    // The shell adds PWD and _, and a Node whose coverage is measured adds NODE_V8_COVERAGE to every child.
    const reading: Task = {
      ...task("a", ""),
      work: {
        ...shell("cat; env | grep -vE '^(PWD|_|NODE_V8_COVERAGE)=' | sort"),
        input: "hello\n",
        env: { OWN: "1" },
      },
    };
    await supervise([reading]).start();
    assert.deepEqual((await readFile(inFolder("a.log"), "utf8")).trim().split("\n"), [
      "hello",
      "OWN=1",
      "PATH=/usr/bin:/bin",
    ]);
  });
});
