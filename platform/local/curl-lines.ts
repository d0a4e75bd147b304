import { credentialPlaceholders, type SmokeStep } from "../../components/smoke-steps/smoke-step.ts";

/** A smoke-test user whose credentials may be shown: that of the stack `local` alone. */
export interface KnownUser {
  readonly username: string;
  readonly password: string;
}

/** A smoke test as lines for a shell, so that a person can repeat it with curl. The step that logs in keeps the token in TOKEN. */
export function curlLines(steps: readonly SmokeStep[], url: string, user: KnownUser): string[] {
  let loggedIn = false;
  return steps.map(({ method, path, body, auth, take }) => {
    const words = [
      "curl -sS --fail-with-body",
      ...(method === "GET" ? [] : [`-X ${method}`]),
      `${url}${path}`,
      ...((auth ?? loggedIn) ? [`-H "authorization: Bearer $TOKEN"`] : []),
      ...(body === undefined
        ? []
        : ["-H 'content-type: application/json'", `-d ${quoted(filled(JSON.stringify(body), user))}`]),
    ];
    if (take === undefined) return words.join(" ");
    loggedIn = true;
    return `TOKEN=$(${words.join(" ")} | sed -E 's/.*"${take.token}":"([^"]+)".*/\\1/')`;
  });
}

function filled(text: string, { username, password }: KnownUser): string {
  return text
    .replaceAll(credentialPlaceholders.username, username)
    .replaceAll(credentialPlaceholders.password, password);
}

/** For a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
