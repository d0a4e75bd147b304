const mask = "[redacted]";
/** Shorter values would blank out half of a text and protect nothing. */
const shortestSecret = 4;
const telltale = String.raw`token|passw|secret|authorization|cookie|credential|api_?key|session`;
const telltaleKey = new RegExp(telltale, "i");
/** A telltale field in text that is no JSON, or JSON cut short. */
const telltaleField = new RegExp(
  String.raw`("?[\w-]{0,40}(?:${telltale})[\w-]{0,40}"?\s{0,9}[:=]\s{0,9})("(?:[^"\\]|\\.)*"?|[^\s,;&}]+)`,
  "gi",
);
/** A JSON Web Token, or the credentials of an Authorization header. */
const telltaleText = /\beyJ[\w-]{5,}(?:\.[\w-]*){0,2}|\b(Bearer|Basic)\s+[\w+/=.~-]+/gi;
const longestExcerpt = 200;
/** What is looked at for an excerpt: patterns over a long answer would take long. */
const longestLook = 2_000;

/**
 * Takes secrets out of text that is to be shown. It knows the values that it was told, in the forms in which they travel, and
 * hides besides what looks like a secret: an answer may hold one that nobody told us.
 */
export class Scrubber {
  readonly #secrets = new Set<string>();

  /** Hides this value from now on. */
  learn(secret: string): void {
    if (secret.length < shortestSecret) return;
    const escaped = JSON.stringify(secret).slice(1, -1);
    const forms = [
      secret,
      escaped,
      JSON.stringify(escaped).slice(1, -1),
      // Half of a surrogate pair, which JSON can hold, has no percent encoding.
      encodeURIComponent(secret.toWellFormed()),
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("base64url"),
    ];
    for (const form of forms) this.#secrets.add(form);
  }

  scrub(text: string): string {
    // The longest first: a part that is a secret of its own must not split a longer one.
    const secrets = [...this.#secrets].sort((a, b) => b.length - a.length);
    const known = secrets.reduce((rest, secret) => rest.replaceAll(secret, mask), text);
    return known.replace(telltaleText, mask);
  }

  /** The beginning of an answer's body on one line, without secrets and fit for a report. */
  excerpt(body: string): string {
    const shown = this.scrub(this.#maskFields(body))
      .replace(/[\s\p{Cc}]+/gu, " ")
      .trim();
    return shown.length > longestExcerpt ? `${shown.slice(0, longestExcerpt).toWellFormed()}…` : shown.toWellFormed();
  }

  /** Masks the fields whose names tell. In JSON it looks into the strings, which an echo of a request escapes once more. */
  #maskFields(body: string): string {
    try {
      const masked: unknown = JSON.parse(body, (key, value: unknown) => {
        if (telltaleKey.test(key)) return mask;
        return typeof value === "string" ? this.#maskText(value) : value;
      });
      return JSON.stringify(masked);
    } catch {
      return this.#maskText(body);
    }
  }

  /** Known secrets go before the text is cut, so that the cut leaves no part of one. */
  #maskText(text: string): string {
    return this.scrub(text).slice(0, longestLook).replace(telltaleField, `$1${mask}`);
  }
}
