import type { TestStack } from "./test-stack.ts";
import { stage } from "./staging.ts";

/** What a version answers in the service's place. Everything else the service itself answers, behind it. */
export interface Front {
  /** The metrics page, once so many users' requests have come. */
  readonly metrics?: { readonly status: number; readonly body: string; readonly afterRequests: number };
  /** Users' requests that fail from then on: every one of so many. */
  readonly failsEvery?: number;
  /** What the login gives as its token. */
  readonly token?: string;
}

const script = `
const http = require("node:http");
const { spawn } = require("node:child_process");
const { metrics, failsEvery, token } = JSON.parse(process.env.FRONT);
const service = spawn(process.execPath, ["src/main.ts"], { env: { ...process.env, PORT: "8001" }, stdio: "inherit" });
service.once("exit", (code) => process.exit(code ?? 1));
process.on("SIGTERM", () => service.kill("SIGTERM"));
let users = 0;
const answerOf = ({ url, headers }) => {
  const isBad = metrics !== undefined && users >= metrics.afterRequests;
  if (url === "/metrics" && isBad) return { status: metrics.status, body: metrics.body.replace("@", "x".repeat(1500000)) };
  if (url === "/api/auth/login" && token !== undefined)
    return { status: 200, body: JSON.stringify({ access_token: token, token_type: "Bearer", expires_in: 60 }) };
  if (!url.startsWith("/api/") || headers["x-canary"] !== undefined) return undefined;
  users += 1;
  return isBad && failsEvery !== undefined && users % failsEvery === 0 ? { status: 500, body: "{}" } : undefined;
};
http.createServer((request, response) => {
  const answer = answerOf(request);
  if (answer !== undefined) {
    request.resume();
    return response.writeHead(answer.status, { "content-type": "application/json" }).end(answer.body);
  }
  const { url: path, method, headers } = request;
  const asked = http.request({ port: 8001, path, method, headers }, (from) => {
    response.writeHead(from.statusCode, from.headers);
    from.pipe(response);
  });
  asked.once("error", () => response.headersSent ? response.destroy() : response.writeHead(502).end());
  request.pipe(asked);
}).listen(8000);
`;

/** Stands for 1.5 MB in a body of a {@link Front}, where there is one. */
export const longText = "@";

/** Stages a version that answers in the service's place as it is told to. Resolves to the template's digest. */
export function stageBehind(stack: TestStack, front: Front): Promise<string> {
  const variable = { name: "FRONT", value: JSON.stringify(front) };
  return stage(stack, {}, { command: ["node", "-e", script], variables: [variable] });
}
