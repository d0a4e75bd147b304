import { Scrubber } from "../http/scrubber.ts";

/** Names of variables that hold secrets: those of R13, and whatever is called so. */
const telling =
  /token|passw|passphrase|secret|credential|webhook|kubeconfig|(?:api|access|private|account)_?key|username|_ENDPOINT$|^(?:STAGING|PRODUCTION|PROMETHEUS|GRAFANA)_URL$/i;
/** Shorter values, switches, numbers and paths are words that mean other things too. */
const meaningless = /^(?:.{0,7}|true|false|[\d.]+|[./~].*)$/is;

/**
 * Knows the secrets of this process by their values. What a stack's configuration keeps secret the engine has taken out of its events already.
 */
export function scrubberOf(variables: Readonly<Record<string, string | undefined>>): Scrubber {
  const scrubber = new Scrubber();
  for (const [name, value = ""] of Object.entries(variables))
    if (telling.test(name) && !meaningless.test(value)) scrubber.learn(value);
  return scrubber;
}
