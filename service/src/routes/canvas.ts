import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { UnauthorizedError } from "../api-error.ts";
import { userId } from "../authentication.ts";
import type { Database } from "../database.ts";
import { storableText } from "../text.ts";

export interface CanvasOptions {
  readonly database: Database;
}

const elementSchema = z.strictObject({
  kind: z.enum(["heading", "text", "code", "link"]),
  content: storableText(1, 10_000),
});

const canvasSchema = z.object({
  id: z.uuid(),
  title: z.string(),
  elements: z.array(elementSchema),
  created_at: z.string(),
});

const schema = {
  body: z.strictObject({
    title: storableText(1, 200),
    elements: z.array(elementSchema).max(100).default([]),
  }),
  response: { 201: z.object({ canvas: canvasSchema }) },
};

interface CanvasRow {
  readonly id: string;
  readonly title: string;
  readonly elements: z.infer<typeof elementSchema>[];
  readonly created_at: Date;
}

/** `POST /api/canvas/present`: stores a canvas and returns it as it was stored. */
export function canvasRoutes(app: FastifyInstance, { database }: CanvasOptions): void {
  app.withTypeProvider<ZodTypeProvider>().post("/api/canvas/present", { schema }, async (request, reply) => {
    const { title, elements } = request.body;
    const { rows } = await database.query<CanvasRow>(
      `INSERT INTO canvases (user_id, title, elements)
       SELECT id, $2, $3::jsonb FROM users WHERE id = $1 RETURNING id, title, elements, created_at`,
      [userId(request), title, JSON.stringify(elements)],
    );
    const row = rows[0];
    if (row === undefined) throw new UnauthorizedError("user_gone", "The token's user does not exist any more.");
    void reply.code(201);
    return { canvas: { ...row, created_at: row.created_at.toISOString() } };
  });
}
