import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { initProcess, instanceProcesses } from "../../../platform/cluster/processes.ts";

describe("The processes of an instance", () => {
  it("are found by the marker in their environment, and by nothing that only mentions it", async () => {
    const name = `marked-${process.pid}`;
    const child = spawn("sleep", ["60"], { env: { ATOM_CLUSTER: name } });
    const other = spawn("sleep", ["60"], { env: { OTHER: `ATOM_CLUSTER=${name}` } });
    try {
      await Promise.all([once(child, "spawn"), once(other, "spawn")]);
      assert.deepEqual(instanceProcesses(name), [{ pid: child.pid, command: "sleep 60" }]);
      assert.equal(initProcess(instanceProcesses(name)), undefined);
    } finally {
      child.kill("SIGKILL");
      other.kill("SIGKILL");
      await Promise.all([once(child, "exit"), once(other, "exit")]);
    }
    assert.deepEqual(instanceProcesses(name), []);
  });
});
