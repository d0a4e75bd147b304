import { labelKeys } from "../components/names/labels.ts";
import { credentialPlaceholders } from "../components/smoke-steps/smoke-step.ts";
import type { ServiceDefinition } from "./definition.ts";

const port = 8000;
const startup = { path: "/health/live", timeoutSeconds: 2, periodSeconds: 2, failureThreshold: 60 };

/** Atom: health endpoints after R1, smoke steps after R2, migrations after R3. */
export const atom: ServiceDefinition = {
  port,
  user: 10001,
  environment: {
    values: { PORT: String(port), LANCEDB_URI: "/data/lancedb" },
    secrets: { DATABASE_URL: "databaseUrl", REDIS_URL: "redisUrl", TOKEN_SECRET: "tokenSecret" },
    labels: { ATOM_SLOT: labelKeys.slot, ATOM_VERSION: labelKeys.version },
  },
  probes: {
    startup,
    liveness: { path: "/health/live", timeoutSeconds: 2, periodSeconds: 10, failureThreshold: 3 },
    readiness: { path: "/health/ready", timeoutSeconds: 5, periodSeconds: 10, failureThreshold: 3 },
  },
  scratch: [
    { name: "tmp", path: "/tmp", sizeLimit: "64Mi" },
    { name: "data", path: "/data", sizeLimit: "512Mi" },
  ],
  // Told to end, Atom drains for 5 s, gives requests in flight 20 s, and lets go of its stores within 2 s.
  shutdown: { drainSeconds: 5, graceSeconds: 35 },
  metrics: { path: "/metrics", latencyEdges: [5, 10, 25, 50, 100, 200, 350, 500, 1000, 2500, 5000, 10_000] },
  migration: {
    command: ["node", "src/migrate.ts", "up"],
    environment: {
      values: { SMOKE_TEST_USERNAME: "smoke_test" },
      secrets: { DATABASE_URL: "databaseUrl", SMOKE_TEST_PASSWORD: "smokeTestPassword" },
    },
    deadlineSeconds: 300,
  },
  smoke: [
    {
      name: "log in",
      method: "POST",
      path: "/api/auth/login",
      body: { username: credentialPlaceholders.username, password: credentialPlaceholders.password },
      take: { token: "access_token" },
    },
    { name: "live", method: "GET", path: "/health/live", repeatable: true },
    { name: "ready", method: "GET", path: "/health/ready", repeatable: true },
    { name: "database", method: "GET", path: "/health/db", repeatable: true },
    { name: "execute an agent", method: "POST", path: "/api/agents/execute", body: { input: "smoke test" } },
    { name: "present a canvas", method: "POST", path: "/api/canvas/present", body: { title: "smoke test" } },
    { name: "list the skills", method: "GET", path: "/api/skills", repeatable: true },
  ],
};
