/** A refusal as Slack words it: `{"ok": false, "error": "…"}` with status 200. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** What else the answer carries, such as the scope that was needed. */
  readonly details: Readonly<Record<string, unknown>>;

  constructor(error: string, details: Readonly<Record<string, unknown>> = {}) {
    super(error);
    this.details = details;
  }
}
