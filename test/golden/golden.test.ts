import assert from "node:assert/strict";
import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { initialLedger } from "../../components/ledger/ledger.ts";
import { collect, type Collected } from "../../infra/collect.ts";
import type { LiveServices } from "../../components/service/live-service.ts";
import { SecretContent } from "../../components/secret/secret-content.ts";
import { allTo, type LiveSlot } from "../../components/slots/live-release.ts";
import { readStackFile } from "../../infra/config/stack-file.ts";
import { liveSlot } from "../components/slots/live.ts";
import "../infra/pulumi-globals.ts";

const root = path.join(import.meta.dirname, "..", "..");

/** Blue serves an older version, so the configured one is a candidate, staged in green. */
const candidateStaged: LiveServices = {
  atom: {
    release: {
      ledger: initialLedger("atom"),
      slots: { blue: liveSlot("0123456789ab"), green: liveSlot("0123456789ab", 0) },
      weights: allTo("blue"),
    },
    migration: { digest: "0123456789ab", uid: "1", attempt: undefined, failed: false },
  },
};

/** What an environment has that commit 6ebc742 of this project provisioned, as far as Secrets go: one without a version in its name. */
const beforeVersions: LiveServices = {
  atom: {
    release: {
      ledger: initialLedger("atom"),
      slots: { blue: readsSecret(liveSlot("0123456789ab")), green: readsSecret(liveSlot("0123456789ab", 0)) },
      weights: allTo("blue"),
    },
    migration: { digest: "0123456789ab", uid: "1", attempt: undefined, failed: false },
    secrets: {
      key: undefined,
      versions: [
        {
          name: "atom-secrets",
          content: SecretContent.of({ databaseUrl: "a", redisUrl: "b", smokeTestPassword: "c", tokenSecret: "d" }),
          immutable: false,
          made: undefined,
        },
      ],
    },
  },
};

function readsSecret(slot: LiveSlot): LiveSlot {
  const env = [{ name: "TOKEN_SECRET", valueFrom: { secretKeyRef: { name: "atom-secrets", key: "tokenSecret" } } }];
  const { spec, metadata } = slot.template;
  return { ...slot, template: { metadata, spec: { ...spec, containers: [{ name: "atom", image: "atom:0", env }] } } };
}

interface Case {
  readonly file: string;
  readonly stack: string;
  readonly live?: LiveServices;
  /** Who is told of alerts. */
  readonly webhooks: readonly string[];
}

const cases: readonly Case[] = [
  { file: "atom-staging.json", stack: "staging", webhooks: ["slackWebhookUrl"] },
  { file: "atom-production.json", stack: "production", webhooks: ["deadMansSwitchUrl", "slackWebhookCritical", "slackWebhookUrl"] },
  { file: "atom-local.json", stack: "local", webhooks: [] },
  { file: "atom-staging-candidate.json", stack: "staging", live: candidateStaged, webhooks: ["slackWebhookUrl"] },
  { file: "atom-staging-upgraded.json", stack: "staging", live: beforeVersions, webhooks: ["slackWebhookUrl"] },
];

async function collectStack({ stack, live = {} }: Case): Promise<Collected> {
  return collect({ stack, raw: await readStackFile(root, stack), live });
}

/** A document inside a resource as an object, so that a change of one value is a line of the diff. */
function readable(collected: Collected): Collected {
  const resources = collected.resources.map((resource) => {
    const document = documents[resource.type];
    return document === undefined ? resource : { ...resource, inputs: { ...resource.inputs, ...document(resource.inputs) } };
  });
  return { ...collected, resources };
}

type Inputs = Readonly<Record<string, unknown>>;

const documents: Readonly<Record<string, (inputs: Inputs) => Inputs>> = {
  "kubernetes:core/v1:ConfigMap": ({ data }) => ({
    data: Object.fromEntries(
      Object.entries(data as Record<string, string>).map(([key, text]) => [key, JSON.parse(text) as unknown]),
    ),
  }),
  // Dashboards have golden files of their own.
  "grafana:oss/dashboard:Dashboard": ({ configJson }) => {
    const { uid, title, panels } = JSON.parse(configJson as string) as { uid: string; title: string; panels: unknown[] };
    return { configJson: { uid, title, panels: panels.length } };
  },
};

/** The provider of each package. */
const providers: Readonly<Record<string, string>> = {
  kubernetes: "pulumi:providers:kubernetes cluster",
  grafana: "pulumi:providers:grafana grafana",
  github: "pulumi:providers:github github",
  "pulumi-nodejs": "pulumi:providers:pulumi-nodejs slack",
};

describe("the golden files", () => {
  for (const each of cases) {
    it(`${each.file} has every resource as the program registers it (UPDATE_GOLDEN=1 writes it anew)`, async () => {
      const file = path.join(import.meta.dirname, each.file);
      const text = `${JSON.stringify(readable(await collectStack(each)), null, 2)}\n`;
      if (process.env.UPDATE_GOLDEN === "1") await writeFile(file, text);
      assert.equal(text, await readFile(file, "utf8"));
    });

    it(`${each.file} is sorted, whole, and holds no secret and no misprinted output`, async () => {
      const { resources } = await collectStack(each);
      const text = JSON.stringify(resources);
      assert.doesNotMatch(text, /Calling \[toString\]|\[object Object\]|undefined|NaN|1b47061264138c4ac30d75fd1eb44270/);
      const keys = resources.map(({ type, name }) => `${type} ${name}`);
      assert.deepEqual(keys, keys.toSorted());
      const secrets = resources.filter(({ type }) => type === "kubernetes:core/v1:Secret").map(({ inputs }) => inputs.data);
      const service = ["databaseUrl", "redisUrl", "smokeTestPassword", "tokenSecret"];
      const expected = [...(each.webhooks.length === 0 ? [] : [each.webhooks]), ...(each.live === beforeVersions ? [service] : []), service, ["key"]];
      assert.deepEqual(secrets, expected.map((keys) => Object.fromEntries(keys.map((key) => [key, "[secret]"]))));
    });

    it(`${each.file} parents every resource and gives it the explicit provider`, async () => {
      const { resources } = await collectStack(each);
      for (const { type, name, parent, provider } of resources.filter(({ custom }) => custom)) {
        if (type.startsWith("pulumi:providers:")) continue;
        assert.notEqual(parent, "", `${type} ${name}`);
        assert.equal(provider, providers[type.split(":")[0] ?? ""], `${type} ${name}`);
      }
    });
  }

  it("keep, after an upgrade, the Secret that the serving pods read exactly as it was", async () => {
    const secretOf = async (file: string) => {
      const { resources } = JSON.parse(await readFile(path.join(import.meta.dirname, file), "utf8")) as Collected;
      return resources.filter(({ name }) => name.startsWith("atom-secrets"));
    };
    const [kept, versioned] = await secretOf("atom-staging-upgraded.json");
    assert.deepEqual(
      [kept?.name, kept?.parent, kept?.inputs.metadata, kept?.inputs.immutable],
      [
        "atom-secrets",
        "atom:service:Service atom",
        { name: "atom-secrets", namespace: "atom-staging", labels: { "app.kubernetes.io/name": "atom" } },
        undefined,
      ],
    );
    assert.deepEqual([versioned], await secretOf("atom-staging.json"));
  });

  it("differ between staging with and without a candidate in the slots alone", async () => {
    const [before, after] = await Promise.all(
      ["atom-staging.json", "atom-staging-candidate.json"].map(
        async (file) => JSON.parse(await readFile(path.join(import.meta.dirname, file), "utf8")) as Collected,
      ),
    );
    const changed = after?.resources.filter((resource, index) => {
      return JSON.stringify(resource) !== JSON.stringify(before?.resources[index]);
    });
    assert.deepEqual(
      changed?.map(({ type, name }) => `${type} ${name}`),
      ["kubernetes:apps/v1:Deployment atom-blue", "kubernetes:apps/v1:Deployment atom-green"],
    );
  });
});
