import assert from "node:assert/strict";
import { RunningService, credentials } from "./running-service.ts";

describe("The seven steps of a smoke test", () => {
  let service: RunningService;
  before(async () => {
    service = await RunningService.start();
  });
  after(() => service[Symbol.asyncDispose]());

  it("succeed one after the other", async () => {
    const login = await service.post("/api/auth/login", credentials);
    assert.equal(login.status, 200);
    const { access_token: token, ...rest } = login.body as Record<string, unknown>;
    assert.deepEqual(rest, { token_type: "Bearer", expires_in: 900 });
    const bearer = { authorization: `Bearer ${String(token)}` };
    const answers = [
      await service.get("/health/live", bearer),
      await service.get("/health/ready", bearer),
      await service.get("/health/db", bearer),
      await service.post("/api/agents/execute", { input: "summarize this article" }, bearer),
      await service.post("/api/canvas/present", { title: "Hello" }, bearer),
      await service.get("/api/skills", bearer),
    ];
    assert.deepEqual(
      answers.map(({ status }) => status),
      [200, 200, 200, 200, 201, 200],
    );
    for (const { body } of answers) assert.ok(!Object.hasOwn(body as object, "error"));
  });
});
