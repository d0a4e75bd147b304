import fastify, { LogController, type FastifyInstance } from "fastify";
import { serializerCompiler, validatorCompiler } from "fastify-type-provider-zod";
import { registerTokens, requireToken } from "./authentication.ts";
import type { Cache } from "./cache.ts";
import type { ServerConfig } from "./config.ts";
import type { Database } from "./database.ts";
import { answerClientError } from "./client-error.ts";
import { answerError, handleErrors } from "./error-handling.ts";
import { injectFaults } from "./fault-injection.ts";
import { healthLimits, type HealthLimits } from "./health.ts";
import { logRequests, loggerOptions, requestId, type LogOptions } from "./logging.ts";
import { HttpMetrics } from "./metrics.ts";
import { agentRoutes } from "./routes/agents.ts";
import { canvasRoutes } from "./routes/canvas.ts";
import { healthRoutes } from "./routes/health.ts";
import { loginRoutes } from "./routes/login.ts";
import { skillRoutes } from "./routes/skills.ts";
import type { SkillIndex } from "./skill-index.ts";

export interface AppParts {
  readonly config: ServerConfig;
  readonly database: Database;
  readonly cache: Cache;
  readonly skillIndex: SkillIndex;
  /** Whether the process is on its way out: it answers on, and asks to be left alone. */
  readonly isDraining: () => boolean;
  /** @default R1's limits */
  readonly limits?: HealthLimits;
  /** @default standard output */
  readonly logStream?: NonNullable<LogOptions["stream"]>;
}

/** Puts the HTTP application together. It listens to nothing yet, and owns none of its parts. */
export async function buildApp(parts: AppParts): Promise<FastifyInstance> {
  const { config, database, cache, skillIndex, isDraining, logStream } = parts;
  const app = fastify({
    logger: loggerOptions({
      level: config.LOG_LEVEL,
      slot: config.ATOM_SLOT,
      version: config.ATOM_VERSION,
      ...(logStream === undefined ? {} : { stream: logStream }),
    }),
    // Our own hook logs each answer, in one line.
    logController: new LogController({ disableRequestLogging: true, requestIdLogLabel: "request_id" }),
    genReqId: requestId,
    requestIdHeader: false,
    bodyLimit: config.BODY_LIMIT_BYTES,
    requestTimeout: 30_000,
    // Envoy keeps idle connections for an hour. Were ours shorter, it would now and then send a request into a closing one.
    keepAliveTimeout: config.KEEP_ALIVE_SECONDS * 1000,
    // Requests that arrive while we close are answered like any other.
    return503OnClosing: false,
    frameworkErrors: answerError,
    clientErrorHandler: answerClientError,
  });
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(serializerCompiler);
  app.removeContentTypeParser("text/plain");

  const metrics = new HttpMetrics({ slot: config.ATOM_SLOT, version: config.ATOM_VERSION });
  metrics.observe(app);
  logRequests(app);
  app.addHook("onRequest", (request, reply, done) => {
    void reply.header("x-request-id", request.id);
    if (isDraining()) void reply.header("connection", "close");
    done();
  });
  handleErrors(app);
  if (config.ATOM_FAULTS !== undefined) injectFaults(app, config.ATOM_FAULTS);

  await registerTokens(app, { secret: config.TOKEN_SECRET, lifetimeSeconds: config.TOKEN_TTL_SECONDS });
  healthRoutes(app, {
    database,
    checks: {
      database: () => database.ping(),
      redis: () => cache.ping(),
      vector_store: () => skillIndex.check(),
    },
    limits: parts.limits ?? healthLimits,
    refusal: () => {
      if (isDraining()) return "the process is shutting down";
      return config.ATOM_FAULTS?.notReady === true ? "a drill asked for this" : undefined;
    },
    slot: config.ATOM_SLOT,
    version: config.ATOM_VERSION,
  });
  app.get("/metrics", async (_request, reply) => {
    void reply.type(metrics.registry.contentType);
    return await metrics.registry.metrics();
  });
  loginRoutes(app, { database, tokenLifetimeSeconds: config.TOKEN_TTL_SECONDS });
  await app.register((authenticated, _options, done) => {
    requireToken(authenticated);
    agentRoutes(authenticated, { database, cache, skillIndex });
    canvasRoutes(authenticated, { database });
    skillRoutes(authenticated, { database });
    done();
  });
  return app;
}
