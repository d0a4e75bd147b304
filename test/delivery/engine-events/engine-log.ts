import type { Json } from "../../../delivery/engine-events/changes.ts";

type Properties = Readonly<Record<string, Json>>;

/** A secret as the engine writes it, whatever its value. */
export const hidden: Json = {
  "4dabf18193072939515e22adb298388d": "1b47061264138c4ac30d75fd1eb44270",
  ciphertext: "[secret]",
};
/** A value that the engine does not know before the change is made. */
export const unknown: Json = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";

/** What a test says of a resource. */
export interface Resource {
  /** @default "kubernetes:core/v1:ConfigMap" */
  readonly type?: string;
  /** @default the service's component */
  readonly parent?: "environment" | "service" | "stack";
  readonly inputs?: Properties;
  /** What it has by now. @default nothing */
  readonly before?: Properties;
  /** Path → kind, with inputs compared with inputs. @default the provider does not say */
  readonly detailedDiff?: Readonly<Record<string, string>>;
  /** Names of the properties that differ. @default none are named */
  readonly diffs?: readonly string[];
  readonly protect?: boolean;
  readonly retainOnDelete?: boolean;
}

/** Writes a log of events as Pulumi's engine does, for a stack with an environment of one service. */
export class EngineLog {
  readonly stack: string;
  readonly #events: object[] = [];

  constructor(stack = "staging") {
    this.stack = stack;
    this.#event({ preludeEvent: { config: { "atom:tokenSecret": "[secret]" } } });
    for (const component of ["stack", "environment", "service"] as const) this.#component(component);
  }

  create(name: string, resource: Resource = {}): this {
    return this.#step("create", name, resource);
  }

  update(name: string, resource: Resource): this {
    return this.#step("update", name, resource);
  }

  same(name: string, resource: Resource = {}): this {
    return this.#step("same", name, { ...resource, before: resource.inputs ?? {} });
  }

  replace(name: string, resource: Resource): this {
    for (const op of ["create-replacement", "replace", "delete-replaced"]) this.#step(op, name, resource);
    return this;
  }

  delete(name: string, resource: Resource = {}): this {
    return this.#step("delete", name, { before: {}, ...resource });
  }

  /** A refresh that a preview begins with, and what comes of it. What has no inputs by then is gone. */
  refreshed(name: string, resource: Resource, op: "refresh" | "same" | "update" | "delete" = "refresh"): this {
    this.#metadata("resourcePreEvent", "refresh", name, resource);
    return this.#metadata("resOutputsEvent", op, name, resource);
  }

  /** A note of the program's, about the environment. */
  note(message: string): this {
    return this.diagnostic("info", message, this.#urns.environment);
  }

  diagnostic(severity: string, message: string, urn = "", ephemeral = false): this {
    return this.#event({ diagnosticEvent: { urn, message: `${message}\n`, color: "never", severity, ephemeral } });
  }

  finding(policyName: string, enforcementLevel: string, message: string, name?: string): this {
    const resourceUrn = name === undefined ? "" : this.urn("kubernetes:core/v1:ConfigMap", name, "service");
    const pack = { policyPackName: "atom", policyPackVersion: "0.1.0", policyPackVersionTag: "0.1.0" };
    return this.#event({
      policyEvent: {
        resourceUrn,
        message: `<{%reset%}>${message}<{%reset%}>\n`,
        color: "raw",
        policyName,
        ...pack,
        enforcementLevel,
      },
    });
  }

  outputs(outputs: Properties): this {
    const urn = this.#urns.stack;
    const state = { type: "pulumi:pulumi:Stack", urn, id: "", parent: "", inputs: {}, outputs, provider: "" };
    return this.#event({
      resOutputsEvent: {
        metadata: { op: "same", urn, type: state.type, old: state, new: state, detailedDiff: null, provider: "" },
      },
    });
  }

  summary(result: "succeeded" | "failed" = "succeeded", durationSeconds = 7): this {
    return this.#event({
      summaryEvent: {
        maybeCorrupt: false,
        durationSeconds,
        resourceChanges: {},
        PolicyPacks: {},
        isPreview: true,
        result,
      },
    });
  }

  toString(): string {
    return this.#events
      .map((event, sequence) => `${JSON.stringify({ sequence, timestamp: 1_800_000_000, ...event })}\n`)
      .join("");
  }

  urn(type: string, name: string, parent: NonNullable<Resource["parent"]>): string {
    const types = {
      stack: "",
      environment: "atom:stacks:Environment$",
      service: "atom:stacks:Environment$atom:service:Service$",
    };
    return `urn:pulumi:${this.stack}::atom::${types[parent]}${type}::${name}`;
  }

  get #urns() {
    return {
      stack: `urn:pulumi:${this.stack}::atom::pulumi:pulumi:Stack::atom-${this.stack}`,
      environment: `urn:pulumi:${this.stack}::atom::atom:stacks:Environment::atom-${this.stack}`,
      service: `urn:pulumi:${this.stack}::atom::atom:stacks:Environment$atom:service:Service::atom`,
    };
  }

  #component(which: "stack" | "environment" | "service"): void {
    const urn = this.#urns[which];
    const type = {
      stack: "pulumi:pulumi:Stack",
      environment: "atom:stacks:Environment",
      service: "atom:service:Service",
    }[which];
    const parent = { stack: "", environment: this.#urns.stack, service: this.#urns.environment }[which];
    const state = { type, urn, id: "", parent, inputs: {}, outputs: {}, provider: "" };
    const metadata = { op: "same", urn, type, old: state, new: state, detailedDiff: null, logical: true, provider: "" };
    this.#event({ resourcePreEvent: { metadata, planning: true } });
  }

  #step(op: string, name: string, resource: Resource): this {
    this.#metadata("resourcePreEvent", op, name, resource);
    return this.#metadata("resOutputsEvent", op, name, resource);
  }

  #metadata(event: string, op: string, name: string, resource: Resource): this {
    const {
      type = "kubernetes:core/v1:ConfigMap",
      parent = "service",
      inputs = {},
      before,
      detailedDiff,
      diffs,
    } = resource;
    const { protect = false, retainOnDelete = false } = resource;
    const urn = this.urn(type, name, parent);
    const state = (properties: Properties) => ({
      ...{ type, urn, custom: true, id: name, parent: this.#urns[parent], protect, retainOnDelete },
      ...{ inputs: properties, outputs: properties, provider: "" },
    });
    const goes = op.startsWith("delete") || (op === "refresh" && resource.inputs === undefined);
    const metadata = {
      ...{ op, urn, type },
      old: before === undefined ? null : state(before),
      new: goes ? null : state(inputs),
      ...(diffs === undefined ? {} : { diffs }),
      detailedDiff:
        detailedDiff === undefined
          ? null
          : Object.fromEntries(
              Object.entries(detailedDiff).map(([path, diffKind]) => [path, { diffKind, inputDiff: true }]),
            ),
      ...{ logical: op !== "create-replacement" && op !== "delete-replaced", provider: "" },
    };
    return this.#event({ [event]: { metadata, planning: true } });
  }

  #event(event: object): this {
    this.#events.push(event);
    return this;
  }
}
