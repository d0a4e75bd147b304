/** An answer that is an error, with what the client is told. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  readonly status: number;
  /** Stable, for programs; `message` is for people. */
  readonly code: string;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: string,
    message: string,
    options: ErrorOptions & { readonly headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(message, options);
    this.status = status;
    this.code = code;
    this.headers = options.headers ?? {};
  }
}

/** One of the stores did not do its part; the request may be tried again. */
export class DependencyError extends ApiError {
  constructor(dependency: Dependency, cause: unknown) {
    super(503, "dependency_unavailable", `${dependency} is not available`, { cause });
  }
}

export type Dependency = "database" | "redis" | "vector_store";

/** No valid token, or one whose user is gone. */
export class UnauthorizedError extends ApiError {
  constructor(code: string, message: string, options: ErrorOptions = {}) {
    super(401, code, message, { ...options, headers: { "www-authenticate": 'Bearer realm="atom"' } });
  }
}

/** The body of every answer that is an error. */
export interface ErrorBody {
  readonly error: { readonly code: string; readonly message: string; readonly request_id: string };
}

export function errorBody(code: string, message: string, requestId: string): ErrorBody {
  return { error: { code, message, request_id: requestId } };
}
