import * as pulumi from "@pulumi/pulumi";
import type { LiveServices } from "../components/service/live-service.ts";
import type { RawConfig } from "./config/parse.ts";
import { usableSecrets } from "./config/secrets.ts";
import { toProgramConfig } from "./config/stack-file.ts";
import { blankRepository } from "./github/repository.ts";
import { createProgram, type ProgramPorts } from "./program.ts";

/** What every secret's value is while resources are collected, so that one that lost its mark is seen. */
const secretValue = "the value of a secret";

/** Names that are new in a run are the same in each. */
const entropy = "0".repeat(64);

/** What stands where a secret was. */
export const secretPlaceholder = "[secret]";

/** A resource as the program registered it. */
export interface CollectedResource {
  readonly type: string;
  readonly name: string;
  /** Whether a provider makes it; a component only groups others. */
  readonly custom: boolean;
  /** `type name` of the component that it is part of; empty for what is part of the stack itself. */
  readonly parent: string;
  /** Name of the provider that makes it. */
  readonly provider: string;
  readonly ignoreChanges: readonly string[];
  /** `type name` of what it is declared after, sorted. */
  readonly dependsOn: readonly string[];
  /** Its properties; every secret is a placeholder. */
  readonly inputs: Readonly<Record<string, unknown>>;
}

export interface Collected {
  /** Sorted by type and name. */
  readonly resources: readonly CollectedResource[];
  readonly outputs: unknown;
}

export interface CollectOptions {
  readonly stack: string;
  readonly raw: RawConfig;
  /** What runs in the cluster. @default nothing: the first run */
  readonly live?: LiveServices;
  /** What the program is asked for beside its configuration, and what it finds at GitHub. @default nothing */
  readonly ports?: Pick<ProgramPorts, "images" | "instance" | "readRepository">;
  /** Values of secrets, made up and therefore shown, by key. @default all have the same one, and are shown as placeholders */
  readonly madeUpSecrets?: Readonly<Record<string, string>>;
}

/** The part of the engine's registration request that is looked at; its class has no types of its own. */
interface RegistrationRequest {
  getType(): string;
  getName(): string;
  getCustom(): boolean;
  getParent(): string;
  getProvider(): string;
  getIgnorechangesList(): string[];
  getDependenciesList(): string[];
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
}

interface Monitor {
  registerResource(request: RegistrationRequest, callback: unknown): unknown;
}

const project = "atom";

/**
 * Runs the program in this process against Pulumi's mocks and returns every resource that it registers: no cluster, no plugin, no
 * state. One call at a time, because Pulumi's runtime is one per process. Throws what the program throws, and where it shows a secret.
 */
export async function collect({
  stack,
  raw,
  live = {},
  ports = {},
  madeUpSecrets,
}: CollectOptions): Promise<Collected> {
  const requests: RegistrationRequest[] = [];
  await pulumi.runtime.setMocks(
    {
      newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as Record<string, unknown> }),
      call: ({ inputs }) => inputs as Record<string, unknown>,
    },
    project,
    stack,
  );
  record(requests);
  configure(raw, madeUpSecrets);
  const program = createProgram({
    readRepository: (query) => Promise.resolve(blankRepository(query)),
    ...ports,
    readLiveServices: () => Promise.resolve(live),
    // Mocks have no engine that would call back.
    routeChecks: null,
    env: {},
    entropy: () => entropy,
    commitMessage: () => Promise.resolve("a commit"),
  });
  const outputs: unknown = await pulumi.runtime.runInPulumiStack(program);
  await pulumi.runtime.disconnect();
  const resources = requests
    .filter((request) => request.getType() !== stackType)
    .map((request) => collected(request, madeUpSecrets !== undefined))
    .sort(byTypeAndName);
  for (const resource of resources) checkSecrets(resource, `${resource.type} ${resource.name}`);
  return { resources, outputs };
}

const stackType = "pulumi:pulumi:Stack";

/** Mocks see neither parents nor options; the request that the monitor gets has them. */
function record(requests: RegistrationRequest[]): void {
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return register(request, callback);
  };
}

/** Secrets are placeholders, those too that nobody has set yet. */
function configure(raw: RawConfig, madeUp: Readonly<Record<string, string>> = {}): void {
  const usable = usableSecrets(raw.values);
  const secrets = [...new Set([...raw.secrets, ...usable.filter((key) => !(key in raw.values))])];
  const config = {
    ...toProgramConfig({ values: raw.values, secrets }, secretValue),
    ...Object.fromEntries(Object.entries(madeUp).map(([key, value]) => [`atom:${key}`, value])),
  };
  pulumi.runtime.setAllConfig(
    config,
    secrets.map((key) => `atom:${key}`),
  );
}

function collected(request: RegistrationRequest, showsSecrets: boolean): CollectedResource {
  return {
    type: request.getType(),
    name: request.getName(),
    custom: request.getCustom(),
    parent: labelOf(request.getParent()),
    // A reference to a provider is its URN and its id.
    provider: labelOf(request.getProvider().replace(/::[^:]*$/, "")),
    ignoreChanges: request.getIgnorechangesList(),
    dependsOn: request.getDependenciesList().map(labelOf).sort(),
    inputs: withoutSecrets(propertiesOf(request), { isSecret: false, showsSecrets }) as Record<string, unknown>,
  };
}

/** What is asked for; without the text of a dynamic provider's functions, which is code. */
function propertiesOf(request: RegistrationRequest): Readonly<Record<string, unknown>> {
  const properties = Object.entries(request.getObject()?.toJavaScript() ?? {});
  return Object.fromEntries(properties.filter(([key]) => key !== "__provider"));
}

/** Throws where the program shows a secret's value in what is no secret. */
function checkSecrets(collected: unknown, what: string): void {
  const text = JSON.stringify(collected);
  const forms = [secretValue, encodeURIComponent(secretValue), Buffer.from(secretValue).toString("base64")];
  if (forms.some((form) => text.includes(form))) throw new Error(`the program shows a secret in clear: ${what}`);
}

/** `urn:pulumi:stack::project::outer$inner::name` as `inner name`; the stack itself as nothing. */
function labelOf(urn: string): string {
  const [, , types = "", name = ""] = urn.split("::");
  const type = types.split("$").at(-1) ?? "";
  return type === "" || type === stackType ? "" : `${type} ${name}`;
}

/** Every text inside a secret becomes a placeholder, save where they are shown; the keys of an object are no secret. */
function withoutSecrets(value: unknown, how: { readonly isSecret: boolean; readonly showsSecrets: boolean }): unknown {
  if (Array.isArray(value)) return value.map((inner) => withoutSecrets(inner, how));
  if (typeof value !== "object" || value === null) return how.isSecret && !how.showsSecrets ? secretPlaceholder : value;
  const object = value as Readonly<Record<string, unknown>>;
  if (object[pulumi.runtime.specialSigKey] === pulumi.runtime.specialSecretSig)
    return withoutSecrets(object.value, { ...how, isSecret: true });
  return Object.fromEntries(Object.entries(object).map(([key, inner]) => [key, withoutSecrets(inner, how)]));
}

function byTypeAndName(left: CollectedResource, right: CollectedResource): number {
  const [a, b] = [`${left.type} ${left.name}`, `${right.type} ${right.name}`];
  return a < b ? -1 : a > b ? 1 : 0;
}
