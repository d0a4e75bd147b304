import type { Ledger } from "../ledger/ledger.ts";
import { hasServed } from "../ledger/release-record.ts";
import { slotNames } from "../names/slot-name.ts";
import type { LiveRelease } from "../slots/live-release.ts";
import { versionKeyName } from "../names/names.ts";
import {
  changedSecrets,
  describesSecret,
  secretAnnotations,
  secretsNamed,
  type AnnotatedTemplate,
  type SecretVersion,
} from "../workload/secret-version.ts";
import type { PodTemplate } from "../workload/pod-template.ts";
import { VersionKey, type SecretContent } from "./secret-content.ts";

/** A Secret of a service in the cluster. */
export interface LiveSecret {
  readonly name: string;
  readonly content: SecretContent;
  readonly immutable: boolean;
  /** See {@link SecretDeclaration.made}. */
  readonly made: string | undefined;
}

/** What there is of a service's Secrets, read before anything is declared. */
export interface LiveSecrets {
  /** `undefined`: nothing has a keyed name yet. */
  readonly key: VersionKey | undefined;
  /** Every version of the service's Secret that is there. */
  readonly versions: readonly LiveSecret[];
}

/** A Secret to declare. */
export interface SecretDeclaration {
  readonly name: string;
  readonly content: SecretContent;
  /** Nobody can change it in place: a pod that restarts reads what the pods beside it have read. */
  readonly immutable: boolean;
  /**
   * An annotation, new each time that the Secret is made. The engine compares what is declared with its own state, so a Secret that is
   * gone is made anew only where something differs from that state. @default none: an earlier version of this project made it
   */
  readonly made: string | undefined;
}

/** The Secrets of a service: one for the content that the configuration has, and those that something else in the cluster names. */
export interface SecretsPlan {
  readonly key: VersionKey;
  /** Sorted by name. */
  readonly declared: readonly SecretDeclaration[];
  /** Sentences for the preview: what is missing. */
  readonly notes: readonly string[];
}

/** What the configuration says of a service's secrets, and what this run may make of it. */
export interface SecretsSource {
  readonly content: SecretContent;
  /** At least 32 random bytes, as text, of this run alone. */
  readonly entropy: string;
}

/** The version of the configured content, and the key of its name: the one that is there, else a new one. */
export function configuredVersion(
  service: string,
  { content, entropy }: SecretsSource,
  live: LiveSecrets | undefined,
): { readonly key: VersionKey; readonly version: SecretVersion } {
  const key = live?.key ?? VersionKey.fresh(entropy, service);
  return { key, version: content.version(service, key) };
}

export interface SecretsPlanInput {
  readonly service: string;
  readonly source: SecretsSource;
  /** See {@link configuredVersion}. */
  readonly configured: ReturnType<typeof configuredVersion>;
  readonly live: LiveSecrets | undefined;
  readonly release: LiveRelease | undefined;
  /** Pod template of the newest migrations. @default none ran */
  readonly migration?: unknown;
}

/**
 * Decides which Secrets to declare; what is not declared any more, the engine removes at the end of the update. A Secret stays as long
 * as a slot, the newest migrations or a version that a rollback can stage again names it: whatever of this restarts, or comes back, reads
 * what it read before.
 */
export function planSecrets({ service, source, configured, live, release, migration }: SecretsPlanInput): SecretsPlan {
  const { key, version } = configured;
  const versions = new Map((live?.versions ?? []).map((each) => [each.name, each]));
  const desired: SecretDeclaration = {
    name: version.name,
    content: source.content,
    immutable: true,
    made: versions.has(version.name)
      ? versions.get(version.name)?.made
      : VersionKey.fresh(source.entropy, version.name).hash("made", 12),
  };
  const others = namedSecrets(service, release, migration).filter((name) => name !== version.name);
  const kept = others.flatMap((name) => versions.get(name) ?? []);
  return {
    key,
    declared: [desired, ...kept].sort((left, right) => (left.name < right.name ? -1 : 1)),
    notes: missingNotes(service, release, (name) => name === version.name || versions.has(name)),
  };
}

/**
 * Names of the Secrets that a slot, the newest migrations or a version that a rollback can stage again needs.
 *
 * @param migration pod template of the newest migrations @default none ran
 */
export function namedSecrets(service: string, release: LiveRelease | undefined, migration?: unknown): string[] {
  return secretsNamed(service, [slotTemplates(release), migration, keptTemplates(release?.ledger)]);
}

function slotTemplates(release: LiveRelease | undefined): unknown[] {
  return slotNames.map((slot) => release?.slots[slot]?.template);
}

/** What a release under way began with, and what the ledger keeps of versions that served. */
export function keptTemplates(ledger: Ledger | undefined): unknown[] {
  const served = ledger?.releases.filter(hasServed) ?? [];
  return [ledger?.current?.podTemplate, ...served.map(({ podTemplate }) => podTemplate)];
}

function missingNotes(service: string, release: LiveRelease | undefined, isThere: (name: string) => boolean): string[] {
  return slotNames.flatMap((slot) => {
    const live = release?.slots[slot];
    if (live === undefined || live.replicas === 0) return [];
    return secretsNamed(service, live.template)
      .filter((name) => !isThere(name))
      .map(
        (name) =>
          `${service}: the Secret ${name}, which the pods of ${slot} read, does not exist, and the configuration has another content by now: ` +
          `a pod that starts in ${slot} fails. Release the version that the file asks for, or restore the Secret.`,
      );
  });
}

/**
 * Says by name which secrets differ from those of the slot that serves: they reach users with a release, as any change does.
 *
 * @param desired the template that the configuration asks for
 * @param found the key that its hashes were made with, and the Secrets that are there
 */
export function changedSecretNotes(
  service: string,
  release: LiveRelease | undefined,
  desired: { readonly template: PodTemplate; readonly digest: string },
  { key, live }: { readonly key: VersionKey; readonly live: LiveSecrets | undefined },
): string[] {
  if (release === undefined) return [];
  const { active } = release.ledger;
  const serving = release.slots[active]?.template;
  const isNewKey = live?.key === undefined && describesSecret(serving);
  const before = isNewKey ? hashedAgain(service, serving, key, live) : serving;
  const changed = changedSecrets(before, desired.template);
  const differ = changed.length === 1 ? "differs" : "differ";
  const changedNote = `${changed.join(", ")} ${differ} from what ${active} serves with. ${active} keeps what it has; the new content is part of template ${desired.digest}, as an image would be.`;
  if (!isNewKey) return changed.length === 0 ? [] : [`${service}: ${changedNote}`];
  return [
    `${service}: the Secret ${versionKeyName(service)}, with the key by which Secrets are named, does not exist and is made again: the configured secrets get another name, and so template ${desired.digest} is a new one. ` +
      (before === undefined
        ? `Whether a value differs from what ${active} serves with is not known.`
        : changed.length === 0
          ? `No value differs from what ${active} serves with.`
          : changedNote),
  ];
}

/** Hashes of another key cannot be compared, but what the Secret holds can; `undefined` where it is gone as well. */
function hashedAgain(
  service: string,
  serving: unknown,
  key: VersionKey,
  live: LiveSecrets | undefined,
): AnnotatedTemplate | undefined {
  const names = secretsNamed(service, serving);
  const found = live?.versions.find(({ name }) => names.includes(name));
  return found && { metadata: { annotations: secretAnnotations(found.content.version(service, key)) } };
}
