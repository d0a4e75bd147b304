import assert from "node:assert/strict";
import { StackFileMissingError } from "../../../infra/config/stack-file.ts";
import { stackEnvironment } from "../../../platform/local/stack-environment.ts";
import { silentReporter } from "../../../platform/progress.ts";

describe("the environment of a stack command", () => {
  it("is refused to a stack that has no file, and names those that have one", async () => {
    const { signal } = new AbortController();
    await assert.rejects(stackEnvironment({ stack: "stagin", reporter: silentReporter, signal }), (error: Error) => {
      assert.ok(error instanceof StackFileMissingError);
      assert.match(error.message, /local, production, staging/);
      return true;
    });
  });
});
