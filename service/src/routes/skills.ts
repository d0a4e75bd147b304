import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import type { Database } from "../database.ts";
import { findSkills, skillSchema } from "../skill.ts";
import { storableText } from "../text.ts";

export interface SkillOptions {
  readonly database: Database;
}

function queryInteger(min: number, max: number, fallback: number) {
  return z
    .string()
    .regex(/^\d{1,9}$/, "must be a whole number")
    .transform(Number)
    .pipe(z.number().min(min).max(max))
    .default(fallback);
}

const schema = {
  querystring: z.strictObject({
    search: storableText(1, 100).optional(),
    category: storableText(1, 100).optional(),
    limit: queryInteger(1, 100, 20),
    offset: queryInteger(0, 1_000_000, 0),
  }),
  response: { 200: z.object({ skills: z.array(skillSchema), total: z.number().int() }) },
};

/** `GET /api/skills`: one page of the skills, by name. */
export function skillRoutes(app: FastifyInstance, { database }: SkillOptions): void {
  app.withTypeProvider<ZodTypeProvider>().get("/api/skills", { schema }, async (request) => {
    const { skills, total } = await findSkills(database, request.query);
    return { skills: [...skills], total };
  });
}
