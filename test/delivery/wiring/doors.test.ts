import assert from "node:assert/strict";
import { gatewayDoors, provenDoors } from "../../../delivery/wiring/doors.ts";
import { releasePlan } from "../support/plans.ts";

function doors(entry: { url: string; host?: string }, other?: string): unknown {
  const { candidate, public: user } = gatewayDoors(releasePlan({ entry }), { ATOM_ENTRY_URL: other });
  return [user.url.href, user.headers, candidate.url.href, candidate.headers];
}

describe("the doors of a smoke test", () => {
  it("are the gateway as any user reaches it, and the same with the canary's header", () => {
    const url = "https://atom.example.com/";
    assert.deepEqual(doors({ url }), [url, {}, url, { "x-canary": "true" }]);
  });

  it("tell the candidate's answers by its slot, and ask none of a user's for that", () => {
    const made = gatewayDoors(releasePlan(), {});
    const { candidate, public: user } = provenDoors(made, "green");
    assert.deepEqual(candidate, { ...made.candidate, proof: { header: "x-canary-slot", value: "green" } });
    assert.equal(user, made.public);
  });

  it("ask for the service's host where the gateway is reached by its address", () => {
    const url = "http://10.0.0.1:8080/";
    const host = { host: "atom.example.com" };
    assert.deepEqual(doors({ url, ...host }), [url, host, url, { ...host, "x-canary": "true" }]);
  });

  it("are at ATOM_ENTRY_URL where that is set, and still ask for the plan's host", () => {
    const [url, headers] = doors({ url: "https://atom.example.com" }, "http://127.0.0.1:9000") as [string, unknown];
    assert.deepEqual([url, headers], ["http://127.0.0.1:9000/", { host: "atom.example.com" }]);
    assert.deepEqual((doors({ url: "http://a.test" }, "") as [string])[0], "http://a.test/");
  });

  it("are at the URL of the variable of the environment, where there is one", () => {
    const plan = releasePlan({ environment: "staging-eu", entry: { url: "https://atom.example.com" } });
    const { candidate } = gatewayDoors(plan, { STAGING_EU_URL: "http://10.0.0.1", PRODUCTION_URL: "http://10.0.0.2" });
    assert.deepEqual([candidate.url.href, candidate.headers.host], ["http://10.0.0.1/", "atom.example.com"]);
  });
});
