import fastifyJwt from "@fastify/jwt";
import type { FastifyInstance, FastifyRequest } from "fastify";
import { z } from "zod";
import { UnauthorizedError } from "./api-error.ts";

export interface TokenOptions {
  /** Key of the signature (HMAC-SHA-256). */
  readonly secret: string;
  readonly lifetimeSeconds: number;
}

const issuer = "atom";
const claimsSchema = z.object({ sub: z.uuid() });

export async function registerTokens(app: FastifyInstance, { secret, lifetimeSeconds }: TokenOptions): Promise<void> {
  await app.register(fastifyJwt, {
    secret,
    sign: { algorithm: "HS256", iss: issuer, expiresIn: lifetimeSeconds },
    // Naming the algorithm shuts out tokens that choose their own, "none" above all.
    verify: { algorithms: ["HS256"], allowedIss: issuer, requiredClaims: ["sub", "exp"] },
  });
}

/** Refuses every request to the routes of `app` that carries no valid token, before its body is read. */
export function requireToken(app: FastifyInstance): void {
  app.addHook("onRequest", async (request) => {
    try {
      await request.jwtVerify();
    } catch (error) {
      if (request.headers.authorization === undefined)
        throw new UnauthorizedError("token_missing", "This needs a bearer token.", { cause: error });
      throw new UnauthorizedError("token_invalid", "The token is not valid or has expired.", { cause: error });
    }
  });
}

/** The id of the user whom the request's token was given to. Throws an {@link UnauthorizedError} where it names none. */
export function userId(request: FastifyRequest): string {
  const claims = claimsSchema.safeParse(request.user);
  if (!claims.success) throw new UnauthorizedError("token_invalid", "The token names no user.");
  return claims.data.sub;
}
