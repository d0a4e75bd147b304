import assert from "node:assert/strict";
import fc from "fast-check";
import { canonicalJson, templateDigest } from "../../../components/workload/digest.ts";
import { inSlot, podTemplate, type PodTemplateArgs } from "../../../components/workload/pod-template.ts";
import { atom } from "../../../stacks/atom.ts";

const args: PodTemplateArgs = {
  service: "atom",
  image: "registry.example.com/atom:1.0.0",
  imagePullPolicy: "IfNotPresent",
  port: atom.port,
  environment: atom.environment,
  secret: { name: "atom-secrets-0123456789ab", keys: { tokenSecret: "01234567" } },
  probes: atom.probes,
  resources: { requests: { cpu: "50m", memory: "96Mi" }, limits: { memory: "512Mi" } },
  scratch: atom.scratch,
  shutdown: atom.shutdown,
  user: atom.user,
};

const digestOf = (changes: Partial<PodTemplateArgs>) => templateDigest(podTemplate({ ...args, ...changes }));

describe("a pod template", () => {
  const changes: Readonly<Record<string, Partial<PodTemplateArgs>>> = {
    "another image": { image: "registry.example.com/atom:1.0.1" },
    "another variable": {
      environment: { ...atom.environment, values: { ...atom.environment.values, LOG_LEVEL: "debug" } },
    },
    "other resources": { resources: { requests: { cpu: "60m", memory: "96Mi" }, limits: { memory: "512Mi" } } },
    "a limit on CPU": { resources: { ...args.resources, limits: { cpu: "1", memory: "512Mi" } } },
    "another content of its Secret": {
      secret: { name: "atom-secrets-ba9876543210", keys: { tokenSecret: "76543210" } },
    },
    "another probe": { probes: { ...atom.probes, liveness: { ...atom.probes.liveness, periodSeconds: 5 } } },
  };
  for (const [change, changed] of Object.entries(changes)) {
    it(`has another digest with ${change}`, () => {
      assert.notEqual(digestOf(changed), digestOf({}));
    });
  }

  it("has a digest of 12 hexadecimal characters that does not depend on the order of variables", () => {
    const { values, secrets, labels = {} } = atom.environment;
    const reversed = <T>(record: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(record).reverse());
    const environment = { values: reversed(values), secrets: reversed(secrets), labels: reversed(labels) };
    assert.match(digestOf({}), /^[0-9a-f]{12}$/);
    assert.equal(digestOf({ environment }), digestOf({}));
  });

  it("reads the Secret of its content, and says which hash each value has", () => {
    const { metadata, spec } = podTemplate(args);
    assert.deepEqual(metadata.annotations, {
      "atom.dev/secret": "atom-secrets-0123456789ab",
      "atom.dev/secret-keys": '{"tokenSecret":"01234567"}',
    });
    const [container] = spec.containers as { env: { valueFrom?: { secretKeyRef?: { name: string } } }[] }[];
    const read = container?.env.flatMap(({ valueFrom }) => valueFrom?.secretKeyRef?.name ?? []);
    assert.deepEqual(new Set(read), new Set(["atom-secrets-0123456789ab"]));
  });

  it("carries slot and digest as labels once it is in a slot, and nothing else changes", () => {
    const template = podTemplate(args);
    const { metadata, ...rest } = inSlot(template, "green", "abc");
    const { metadata: before, ...restBefore } = template;
    assert.deepEqual(rest, restBefore);
    assert.deepEqual(metadata, {
      ...before,
      labels: { ...before.labels, "atom.dev/slot": "green", "atom.dev/template": "abc" },
    });
  });

  it("has sorted variables from values, secrets and labels", () => {
    const [container] = podTemplate(args).spec.containers as { env: { name: string }[] }[];
    const variables = container?.env ?? [];
    assert.deepEqual(
      variables.map(({ name }) => name),
      ["ATOM_SLOT", "ATOM_VERSION", "DATABASE_URL", "LANCEDB_URI", "PORT", "REDIS_URL", "TOKEN_SECRET"],
    );
    assert.deepEqual(variables[0], {
      name: "ATOM_SLOT",
      valueFrom: { fieldRef: { fieldPath: "metadata.labels['atom.dev/slot']" } },
    });
  });
});

describe("canonical JSON", () => {
  it("is the same for objects that differ in the order of their keys alone", () => {
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.jsonValue()), (value) => {
        const reversed = Object.fromEntries(Object.entries(value).reverse());
        assert.equal(canonicalJson(reversed), canonicalJson(value));
      }),
    );
  });

  it("keeps the order of arrays and leaves absent values out", () => {
    assert.equal(canonicalJson({ b: [2, 1], a: { d: undefined, c: 1 } }), '{"a":{"c":1},"b":[2,1]}');
  });
});
