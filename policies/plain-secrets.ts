import { kindOf, textsOf, unknownValue, valueAt, type Resource, type Text } from "./resource.ts";
import type { ResourceRule, StackRule } from "./rule.ts";

/** A name that ends so is that of a secret; `TOKEN_LIFETIME` and `SECRET_NAME` are not. */
const telltaleName =
  /(?:passw(?:or)?d|passphrase|secret|token|api[-_]?key|private[-_]?key|credentials?|webhook(?:[-_]?url)?|dsn)$/i;

/** Values that are secrets whatever they are called. */
const telltaleValues: readonly (readonly [what: string, pattern: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["a JSON Web Token", /\beyJ[\w-]{5,}\.eyJ[\w-]{5,}\.[\w-]+/],
  ["a token of GitHub's", /\b(?:gh[pousr]_\w{30,}|github_pat_\w{30,})/],
  ["a token of Slack's", /\bxox[abeoprs]-[\w-]{10,}/],
  ["a webhook of Slack's", /\bhooks\.slack\.com\/(?:services|workflows)\/\w/],
  ["a token of Grafana's", /\bgl(?:sa|c)_\w{20,}/],
  ["an access key of AWS", /\b(?:AKIA|ASIA)[0-9A-Z]{16}\b/],
  // A password that is a placeholder, {{password}} or $PASSWORD, is filled in elsewhere.
  ["an address with a password", /\b[a-z][a-z0-9+.-]*:\/\/[^\s/:@"]*:(?![{$<])[^\s/@"]+@/i],
];

/** Shorter ones are in other texts by chance. */
const shortestSecret = 8;

export const plainSecrets: ResourceRule = {
  name: "plain-secrets",
  description: "No secret stands in clear where everybody who may look at the resource reads it.",
  violations: (resource) => clearTexts(resource).flatMap((text) => [...byName(resource, text), ...byValue(text)]),
};

export const repeatedSecrets: StackRule = {
  name: "repeated-secrets",
  description: "What a Secret of the stack holds stands nowhere else in clear.",
  stackViolations: (resources) => {
    const secrets = new Set(resources.flatMap(secretValues));
    return resources.flatMap((resource) =>
      clearTexts(resource)
        .filter(({ text }) => [...secrets].some((secret) => text.includes(secret)))
        .map(({ path }) => ({
          message: `${path.join(".")} shows what a Secret of this stack holds. ${wayOut}`,
          resource,
        })),
    );
  },
};

const wayOut = "Put it into a Secret, and refer to that.";

/** What everybody reads who may look at a resource. A provider's settings go nowhere. */
function clearTexts(resource: Resource): readonly Text[] {
  if (resource.type.startsWith("pulumi:providers:")) return [];
  const hidden = hiddenProperties(resource);
  return textsOf(resource.inputs).filter(({ path, text }) => !hidden.includes(path[0] ?? "") && text !== unknownValue);
}

/** Properties that their system keeps secret, or, of a dynamic provider, that hold its code. */
function hiddenProperties(resource: Resource): readonly string[] {
  if (kindOf(resource) === "Secret") return ["data", "stringData"];
  if (/^github:.*Secret$/.test(resource.type)) return ["value", "valueEncrypted", "plaintextValue", "encryptedValue"];
  return ["__provider"];
}

function byName(resource: Resource, { path, text }: Text): readonly string[] {
  if (text === "") return [];
  const named = nameOf(resource, path);
  if (named === undefined || !telltaleName.test(named)) return [];
  return [`${path.join(".")}, called ${named}, looks like a secret in clear. ${wayOut}`];
}

/** What a text is called, where it is a setting: a container's variable, an entry of a ConfigMap, or a variable of GitHub's. */
function nameOf(resource: Resource, path: readonly string[]): string | undefined {
  const { inputs, type } = resource;
  const key = path.at(-1) ?? "";
  if (key === "value" && path.at(-3) === "env") return asText(valueAt(inputs, ...path.slice(0, -1), "name"));
  if (kindOf(resource) === "ConfigMap" && path[0] === "data") return key;
  if (/^github:.*Variable$/.test(type) && key === "value") return asText(inputs.variableName);
  return undefined;
}

function byValue({ path, text }: Text): readonly string[] {
  return telltaleValues
    .filter(([, pattern]) => pattern.test(text))
    .map(([what]) => `${path.join(".")} shows ${what} in clear. ${wayOut}`);
}

/** What a Secret holds, as it is and as it travels. */
function secretValues(resource: Resource): readonly string[] {
  if (kindOf(resource) !== "Secret") return [];
  const data = textsOf(resource.inputs.data).flatMap(({ text }) => [
    text,
    Buffer.from(text, "base64").toString("utf8"),
  ]);
  const plain = textsOf(resource.inputs.stringData).flatMap(({ text }) => [text, Buffer.from(text).toString("base64")]);
  return [...data, ...plain].filter((text) => text.length >= shortestSecret && text !== unknownValue);
}

function asText(value: unknown): string | undefined {
  return typeof value === "string" ? value : undefined;
}
