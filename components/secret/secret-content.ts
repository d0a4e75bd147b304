import { createHmac } from "node:crypto";
import * as pulumi from "@pulumi/pulumi";
import { secretName } from "../names/names.ts";
import { canonicalJson } from "../workload/digest.ts";
import type { SecretVersion } from "../workload/secret-version.ts";

/**
 * The key of the hashes that name a service's Secrets. Names are read by many more people than Secrets are: with a plain hash, whoever
 * reads a name could try out a weak password against it, at a rate of billions a second.
 */
export class VersionKey {
  readonly #key: string;

  constructor(key: string) {
    this.#key = key;
  }

  /**
   * A key that nothing has used yet.
   *
   * @param entropy at least 32 random bytes, as text; another service gets another key from them
   */
  static fresh(entropy: string, service: string): VersionKey {
    return new VersionKey(createHmac("sha256", entropy).update(service).digest("hex"));
  }

  /** The first `length` hexadecimal characters of the HMAC-SHA-256 of a value's canonical JSON. */
  hash(value: unknown, length: number): string {
    return createHmac("sha256", this.#key).update(canonicalJson(value)).digest("hex").slice(0, length);
  }

  /** As the content of the Secret that keeps it. */
  content(): SecretContent {
    return SecretContent.of({ [versionKeyEntry]: this.#key });
  }
}

/** Where a Secret has its {@link VersionKey}. */
const versionKeyEntry = "key";

/** What a Secret holds. The values leave it as keyed hashes and marked as secret, and in no other way. */
export class SecretContent {
  /** In base64, by key. */
  readonly #data: Readonly<Record<string, string>>;

  private constructor(data: Readonly<Record<string, string>>) {
    this.#data = data;
  }

  /** Of texts, by key. */
  static of(values: Readonly<Record<string, string>>): SecretContent {
    const data = Object.entries(values).map(([key, text]) => [key, Buffer.from(text, "utf8").toString("base64")]);
    return new SecretContent(Object.fromEntries(data) as Record<string, string>);
  }

  /** Of a Secret's `data`, as the API server has it. */
  static ofData(data: Readonly<Record<string, string>>): SecretContent {
    return new SecretContent({ ...data });
  }

  /** The same content and key have the same version, in whichever order the content was written. */
  version(service: string, key: VersionKey): SecretVersion {
    const keys = Object.entries(this.#data).map(([name, value]) => [name, key.hash([name, value], 8)] as const);
    return { name: secretName(service, key.hash(this.#data, 12)), keys: Object.fromEntries(keys) };
  }

  /** The key that it keeps, where it keeps one. */
  versionKey(): VersionKey | undefined {
    const text = Buffer.from(this.#data[versionKeyEntry] ?? "", "base64").toString("utf8");
    return text === "" ? undefined : new VersionKey(text);
  }

  /** The `data` of a Secret; every value is marked as secret. */
  data(): Record<string, pulumi.Output<string>> {
    return Object.fromEntries(Object.entries(this.#data).map(([key, value]) => [key, pulumi.secret(value)]));
  }
}
