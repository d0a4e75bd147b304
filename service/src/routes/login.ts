import type { FastifyInstance } from "fastify";
import type { ZodTypeProvider } from "fastify-type-provider-zod";
import { z } from "zod";
import { UnauthorizedError } from "../api-error.ts";
import type { Database } from "../database.ts";
import { storableText } from "../text.ts";
import { findUser } from "../user.ts";

export interface LoginOptions {
  readonly database: Database;
  readonly tokenLifetimeSeconds: number;
}

const schema = {
  body: z.strictObject({ username: storableText(1, 64), password: storableText(1, 1024) }),
  response: {
    200: z.object({ access_token: z.string(), token_type: z.literal("Bearer"), expires_in: z.number().int() }),
  },
};

/** `POST /api/auth/login`: a token for a name and a password. */
export function loginRoutes(app: FastifyInstance, { database, tokenLifetimeSeconds }: LoginOptions): void {
  app.withTypeProvider<ZodTypeProvider>().post("/api/auth/login", { schema }, async (request, reply) => {
    const user = await findUser(database, request.body.username, request.body.password);
    // One answer for a wrong name and a wrong password.
    if (user === null) throw new UnauthorizedError("wrong_credentials", "The username or the password is wrong.");
    const token = await reply.jwtSign({ sub: user.id, username: user.username });
    void reply.header("cache-control", "no-store");
    return { access_token: token, token_type: "Bearer" as const, expires_in: tokenLifetimeSeconds };
  });
}
