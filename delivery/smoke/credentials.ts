import { UserError } from "../../components/errors/user-error.ts";

/** The smoke-test user's credentials are not set. */
export class CredentialsMissingError extends UserError {
  override readonly name = "CredentialsMissingError";
  /** Names of the environment variables that are missing. */
  readonly missing: readonly string[];

  constructor(missing: readonly string[]) {
    super(
      `The smoke test logs in as the smoke-test user, but ${missing.join(" and ")} ${missing.length === 1 ? "is" : "are"} not set.\n` +
        "Set them in the environment of this command; the migration job creates the user with the same values.",
    );
    this.missing = missing;
  }
}

/** Who the smoke test logs in as. Private, so that no log, JSON or inspection of an object shows them. */
export class Credentials {
  readonly #username: string;
  readonly #password: string;

  constructor(username: string, password: string) {
    this.#username = username;
    this.#password = password;
  }

  /** From `SMOKE_TEST_USERNAME` and `SMOKE_TEST_PASSWORD`. Throws {@link CredentialsMissingError} naming what is unset or empty. */
  static fromEnvironment(environment: Readonly<Record<string, string | undefined>>): Credentials {
    const { SMOKE_TEST_USERNAME: username = "", SMOKE_TEST_PASSWORD: password = "" } = environment;
    const missing = Object.entries({ SMOKE_TEST_USERNAME: username, SMOKE_TEST_PASSWORD: password })
      .filter(([, value]) => value === "")
      .map(([name]) => name);
    if (missing.length > 0) throw new CredentialsMissingError(missing);
    return new Credentials(username, password);
  }

  /** Hands both to `use`, which must not keep them where they can be printed. */
  reveal<T>(use: (username: string, password: string) => T): T {
    return use(this.#username, this.#password);
  }
}
