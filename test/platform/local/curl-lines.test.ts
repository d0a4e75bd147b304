import assert from "node:assert/strict";
import { curlLines } from "../../../platform/local/curl-lines.ts";

const user = { username: "smoke_test", password: "it's" };

describe("a smoke test as lines for a shell", () => {
  it("takes the token from the login, and carries it from then on", () => {
    assert.deepEqual(
      curlLines(
        [
          { name: "live", method: "GET", path: "/live" },
          { name: "log in", method: "POST", path: "/login", body: { name: "{{username}}" }, take: { token: "t" } },
          { name: "list", method: "GET", path: "/list" },
        ],
        "http://here",
        user,
      ),
      [
        "curl -sS --fail-with-body http://here/live",
        `TOKEN=$(curl -sS --fail-with-body -X POST http://here/login -H 'content-type: application/json' -d '{"name":"smoke_test"}' | sed -E 's/.*"t":"([^"]+)".*/\\1/')`,
        `curl -sS --fail-with-body http://here/list -H "authorization: Bearer $TOKEN"`,
      ],
    );
  });

  it("quotes a body for the shell, whatever is in it", () => {
    const [line] = curlLines([{ name: "a", method: "POST", path: "/", body: "{{password}}" }], "http://here", user);
    assert.equal(
      line,
      `curl -sS --fail-with-body -X POST http://here/ -H 'content-type: application/json' -d '"it'\\''s"'`,
    );
  });
});
