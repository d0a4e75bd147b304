import type { SmokeStep } from "../../../components/smoke-steps/smoke-step.ts";
import { answerJson, type Handler, type Received } from "../support/loopback.ts";
import type http from "node:http";

export const username = "smoke_test";
export const password = 'p@ss "w0rd" $& /+=';
export const token = "0f8fad5b-d9cb-469f-a165-70867728950e";

/** The seven steps of R2. */
export const sevenSteps: readonly SmokeStep[] = [
  {
    name: "login",
    method: "POST",
    path: "/api/auth/login",
    auth: false,
    body: { username: "{{username}}", password: "{{password}}" },
    take: { token: "access_token" },
  },
  { name: "live", method: "GET", path: "/health/live" },
  { name: "ready", method: "GET", path: "/health/ready" },
  { name: "database", method: "GET", path: "/health/db", expect: { bodyHas: ["query_time_ms", "pool_status.size"] } },
  { name: "agents", method: "POST", path: "/api/agents/execute", body: { agent: "echo", input: ["hello"] } },
  { name: "canvas", method: "POST", path: "/api/canvas/present", body: { title: "t" }, expect: { status: 201 } },
  { name: "skills", method: "GET", path: "/api/skills", repeatable: true },
];

type Answer = (request: Received, response: http.ServerResponse) => void;

/** A service that answers all seven steps as it should, but for the paths in `faults`. */
export function service(faults: Readonly<Record<string, Answer>> = {}): Handler {
  const answers: Record<string, Answer> = {
    "/api/auth/login": ({ body }, response) => {
      const right = body === JSON.stringify({ username, password });
      answerJson(response, right ? { access_token: token, error: null } : { error: "wrong" }, right ? 200 : 401);
    },
    "/health/db": (_, response) => {
      answerJson(response, { query_time_ms: 0, pool_status: { size: 5 } });
    },
    "/api/canvas/present": (_, response) => {
      answerJson(response, {}, 201);
    },
    ...faults,
  };
  return (request, response) => {
    const path = request.path.split("?")[0] ?? "";
    const fault = answers[path];
    if (path !== "/api/auth/login" && request.headers.authorization !== `Bearer ${token}`)
      answerJson(response, { error: "no token" }, 401);
    else if (fault !== undefined) fault(request, response);
    else answerJson(response, { status: "ok" });
  };
}
