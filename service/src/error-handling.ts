import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import { hasZodFastifySchemaValidationErrors } from "fastify-type-provider-zod";
import { ApiError, errorBody } from "./api-error.ts";

/** Names for clients of what Fastify finds wrong with a request. */
const clientErrors: Readonly<Record<number, string>> = {
  400: "bad_request",
  404: "not_found",
  408: "request_timeout",
  413: "body_too_large",
  414: "path_too_long",
  415: "unsupported_media_type",
  431: "headers_too_large",
};

/** Gives every error the same body; only what is not the client's doing becomes a 5xx and is logged with its stack. */
export function handleErrors(app: FastifyInstance): void {
  app.setErrorHandler<FastifyError>(answerError);

  const methodsByPath = new Map<string, Set<string>>();
  app.addHook("onRoute", ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set();
    for (const one of [method].flat()) methods.add(one);
    methodsByPath.set(url, methods);
  });
  app.setNotFoundHandler((request) => {
    const path = request.url.split("?", 1)[0] ?? "";
    const methods = methodsByPath.get(path);
    if (methods === undefined) throw new ApiError(404, "not_found", "There is nothing at this path.");
    const allow = [...methods].sort().join(", ");
    throw new ApiError(405, "method_not_allowed", `This path takes ${allow}.`, { headers: { allow } });
  });
}

/** Answers with an error; also used where Fastify has no route yet, such as for a path that cannot be decoded. */
export function answerError(error: FastifyError | ApiError, request: FastifyRequest, reply: FastifyReply): void {
  const { status, code, message, headers } = toApiError(error);
  if (status >= 500) request.log.error({ err: error, cause: error.cause }, "request failed");
  else request.log.debug({ err: error }, "request refused");
  void reply
    .code(status)
    // The id here too, because what fails before routing passes no hook.
    .headers({ ...headers, "x-request-id": request.id })
    .send(errorBody(code, message, request.id));
}

function toApiError(error: FastifyError | ApiError): ApiError {
  if (error instanceof ApiError) return error;
  if (hasZodFastifySchemaValidationErrors(error)) {
    const problems = error.validation.map(({ instancePath, message }) =>
      `${error.validationContext ?? "request"}${instancePath} ${message ?? "is not valid"}`.trim(),
    );
    return new ApiError(400, "invalid_request", problems.join("; "), { cause: error });
  }
  const status = error.statusCode ?? 500;
  if (status < 400 || status >= 500)
    return new ApiError(500, "internal", "Something went wrong on our side.", { cause: error });
  return new ApiError(status, clientErrors[status] ?? "bad_request", error.message, { cause: error });
}
