import assert from "node:assert/strict";
import { hostname } from "node:os";
import { identityOf } from "../../../delivery/wiring/identity.ts";

describe("who releases", () => {
  it("is the user at this machine, a workflow's actor with the run, or whoever the command line names", () => {
    assert.equal(identityOf({ USER: "anna" }).by, `anna@${hostname()}`);
    assert.equal(identityOf({ USER: "runner", GITHUB_ACTOR: "anna", GITHUB_RUN_ID: "7" }).by, "anna (workflow run 7)");
    assert.equal(identityOf({ USER: "runner", GITHUB_ACTOR: "anna", GITHUB_RUN_ID: "7" }, "ben").by, "ben");
    assert.match(identityOf({}).by, new RegExp(`.+@${hostname()}$`));
  });

  it("holds the lease under a name that nobody else has", () => {
    const [first, second] = [identityOf({ USER: "anna" }), identityOf({ USER: "anna" })];
    assert.ok(first.holder.startsWith(`anna@${hostname()} ${process.pid} `));
    assert.notEqual(first.holder, second.holder);
  });
});
