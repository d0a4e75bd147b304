import assert from "node:assert/strict";
import { routePolicy } from "../../../components/routes/http-routes.ts";
import { pendingPolicyNotes } from "../../../components/routes/pending-policy.ts";

const settings = {
  timeout: 15_000,
  retries: { attempts: 2, perTryTimeout: 5_000, on: ["connect-failure", "refused-stream"] },
};

describe("what the file says of a route and the route does not do yet", () => {
  it("is nothing where the route does it, in whatever order it was written, or where there is no route", () => {
    const { timeout = "", retries = {} } = routePolicy(settings);
    assert.deepEqual(pendingPolicyNotes("atom", { retries, timeout }, settings), []);
    assert.deepEqual(pendingPolicyNotes("atom", undefined, settings), []);
  });

  it("is the timeout, with both values", () => {
    assert.deepEqual(pendingPolicyNotes("atom", routePolicy(settings), { ...settings, timeout: 30_000 }), [
      'atom: the route does not have routes.timeout "30s" (the route has "15s") yet: the next release brings what the stack\'s file says, to all users at once.',
    ]);
  });

  it("is the retries, where they were switched off or are other ones", () => {
    const off = { ...settings, retries: { ...settings.retries, attempts: 0 } };
    const [note = ""] = pendingPolicyNotes("atom", routePolicy(settings), off);
    assert.match(note, /routes\.retries \{"attempts":0\} \(the route has \{"attempts":2,"perTryTimeout":"5s"/);
    assert.doesNotMatch(note, /routes\.timeout/);
  });

  it("is both, where somebody took them off the route", () => {
    const [note = "", ...others] = pendingPolicyNotes("atom", {}, settings);
    assert.match(note, /routes\.timeout "15s" \(the route has null\) and routes\.retries .*\(the route has null\)/);
    assert.deepEqual(others, []);
  });
});
