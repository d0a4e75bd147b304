import { createHash } from "node:crypto";
import type { FastifyBaseLogger, FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { UnauthorizedError } from "../api-error.ts";
import { userId } from "../authentication.ts";
import type { Cache } from "../cache.ts";
import type { Database } from "../database.ts";
import { skillMatchSchema, type SkillIndex, type SkillMatch } from "../skill-index.ts";
import { storableText } from "../text.ts";

export interface AgentOptions {
  readonly database: Database;
  readonly cache: Cache;
  readonly skillIndex: SkillIndex;
}

const matchesPerRun = 3;
const cacheSeconds = 300;
const matchesSchema = z.array(skillMatchSchema);

const schema = {
  body: z.strictObject({ input: storableText(1, 4000) }),
  response: {
    200: z.object({
      run_id: z.uuid(),
      /** The best match; null when the input shares nothing with any skill. */
      skill: skillMatchSchema.nullable(),
      matches: matchesSchema,
      cached: z.boolean(),
      created_at: z.string(),
    }),
  },
};

/** `POST /api/agents/execute`: finds the skill that fits a request in words, and records the run. */
export function agentRoutes(app: FastifyInstance, { database, cache, skillIndex }: AgentOptions): void {
  app.withTypeProvider<ZodTypeProvider>().post("/api/agents/execute", { schema }, async (request) => {
    const { input } = request.body;
    const { matches, cached } = await matchCached(input, cache, skillIndex, request.log);
    const skill = matches.find(({ score }) => score > 0) ?? null;
    const { rows } = await database.query<{ id: string; created_at: Date }>(
      `INSERT INTO agent_runs (user_id, input, skill_id, score)
       SELECT id, $2, $3::int, $4::real FROM users WHERE id = $1 RETURNING id, created_at`,
      [userId(request), input, skill?.id ?? null, skill?.score ?? null],
    );
    const run = rows[0];
    if (run === undefined) throw new UnauthorizedError("user_gone", "The token's user does not exist any more.");
    return { run_id: run.id, skill, matches: [...matches], cached, created_at: run.created_at.toISOString() };
  });
}

interface Matches {
  readonly matches: readonly SkillMatch[];
  readonly cached: boolean;
}

/** Without Redis this is slower and not wrong, so its errors are logged and passed over. */
async function matchCached(
  input: string,
  cache: Cache,
  skillIndex: SkillIndex,
  log: FastifyBaseLogger,
): Promise<Matches> {
  const inputDigest = createHash("sha256").update(input).digest("hex");
  const key = `atom:skill-match:${await skillIndex.digest()}:${inputDigest}`;
  try {
    const text = await cache.get(key);
    if (text !== null) return { matches: matchesSchema.parse(JSON.parse(text)), cached: true };
  } catch (error) {
    log.warn({ err: error }, "the cache could not be read");
  }
  const matches = await skillIndex.match(input, matchesPerRun);
  try {
    await cache.set(key, JSON.stringify(matches), cacheSeconds);
  } catch (error) {
    log.warn({ err: error }, "the cache could not be written");
  }
  return { matches, cached: false };
}
