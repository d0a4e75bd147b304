import sodium from "libsodium-wrappers";

await sodium.ready;

export interface Reviewer {
  readonly type: "User" | "Team";
  readonly id: number;
}

export interface BranchPolicy {
  readonly id: number;
  readonly name: string;
  readonly type: "branch" | "tag";
}

/** A value with the instants at which it was first set, and last. */
export interface Dated {
  readonly value: string;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export interface Environment {
  readonly id: number;
  readonly name: string;
  readonly waitTimer: number;
  readonly reviewers: readonly Reviewer[];
  readonly preventSelfReview: boolean;
  readonly canAdminsBypass: boolean;
  readonly branchPolicy: { readonly protected_branches: boolean; readonly custom_branch_policies: boolean } | null;
  readonly policies: BranchPolicy[];
  /** Opened: GitHub gives nobody their values. */
  readonly secrets: Map<string, Dated>;
  readonly variables: Map<string, Dated>;
}

export interface Label {
  readonly name: string;
  readonly color: string;
  readonly description: string;
}

export interface Ruleset {
  readonly id: number;
  readonly name: string;
  readonly target: string;
  readonly enforcement: string;
  readonly bypass_actors: readonly unknown[];
  readonly conditions: unknown;
  readonly rules: readonly { readonly type: string; readonly parameters?: Readonly<Record<string, unknown>> }[];
}

/** What became of a secret; without a value it was deleted. */
export interface SecretEvent {
  /** `environment/NAME`. */
  readonly secret: string;
  readonly value: string | undefined;
}

/** The settings of a repository in memory, and whose it is. */
export class RepositorySettings {
  visibility: "public" | "private" | "internal" = "public";
  readonly ownerName = "example";
  owner: "Organization" | "User" = "Organization";
  /** What GitHub tells of the owner's plan. @default nothing, as to a token that may not know */
  plan: string | undefined;
  /** Whether the token may change the settings. */
  isAdmin = true;
  readonly users = new Map<string, number>();
  readonly teams = new Map<string, number>();
  readonly environments = new Map<string, Environment>();
  readonly rulesets = new Map<number, Ruleset>();
  /** Everything that was done to secrets, in order. */
  readonly secretEvents: SecretEvent[] = [];
  readonly #labels = new Map<string, Label>();
  readonly #keys = sodium.crypto_box_keypair();
  readonly keyId = "568250167242549743";
  #ids = 1000;

  id(): number {
    this.#ids += 1;
    return this.#ids;
  }

  /** What environments ask for beyond a private repository's plan: https://docs.github.com/actions/deployment/targeting-different-environments */
  get hasProtectionRules(): boolean {
    return this.visibility === "public" || this.plan === "enterprise";
  }

  /** In Base64. */
  get publicKey(): string {
    return sodium.to_base64(this.#keys.publicKey, sodium.base64_variants.ORIGINAL);
  }

  /** Opens what was sealed with the public key. Throws where it was not. */
  open(sealed: string): string {
    const box = sodium.from_base64(sealed, sodium.base64_variants.ORIGINAL);
    return sodium.to_string(sodium.crypto_box_seal_open(box, this.#keys.publicKey, this.#keys.privateKey));
  }

  change(environment: Environment, change: Partial<Environment>): Environment {
    const changed = { ...environment, ...change };
    this.environments.set(environment.name, changed);
    return changed;
  }

  setSecret({ name, secrets }: Environment, secret: string, value: string, now: number): void {
    secrets.set(secret, dated(secrets.get(secret), value, now));
    this.secretEvents.push({ secret: `${name}/${secret}`, value });
  }

  deleteSecret({ name, secrets }: Environment, secret: string): boolean {
    if (!secrets.delete(secret)) return false;
    this.secretEvents.push({ secret: `${name}/${secret}`, value: undefined });
    return true;
  }

  /** Names of labels differ by more than the case of their letters. */
  label(name: string): Label | undefined {
    return this.#labels.get(name.toLowerCase());
  }

  setLabel(label: Label, instead?: string): void {
    if (instead !== undefined) this.deleteLabel(instead);
    this.#labels.set(label.name.toLowerCase(), label);
  }

  deleteLabel(name: string): boolean {
    return this.#labels.delete(name.toLowerCase());
  }
}

export function dated(before: Dated | undefined, value: string, now: number): Dated {
  return { value, createdAt: before?.createdAt ?? now, updatedAt: now };
}
