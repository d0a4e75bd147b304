import assert from "node:assert/strict";
import { formatLedger, initialLedger } from "../../../components/ledger/ledger.ts";
import { SecretContent, VersionKey } from "../../../components/secret/secret-content.ts";
import { ClusterAccessError, ClusterAnswerError } from "../../../infra/cluster/errors.ts";
import { readLiveServices } from "../../../infra/cluster/live-services.ts";
import { pastRelease } from "../../components/slots/live.ts";
import { ApiDouble, respond } from "./api-double.ts";

const core = "/api/v1/namespaces/atom-staging";
const list = `${core}/secrets?labelSelector=app.kubernetes.io%2Fname%3Datom`;
const jobs = "/apis/batch/v1/namespaces/atom-staging/jobs?labelSelector=app.kubernetes.io%2Fname%3Datom-migrate";

async function read(objects: Readonly<Record<string, unknown>>) {
  await using double = await ApiDouble.serve({ [core]: {}, ...objects });
  const cluster = { context: double.context, kubeconfig: double.kubeconfig };
  return (await readLiveServices({ cluster, namespace: "atom-staging", services: { atom: "istio" }, env: {} })).atom;
}

const base64 = (text: string) => Buffer.from(text).toString("base64");
const secret = (name: string, data: Record<string, string>, more: object = {}) => ({
  metadata: { name },
  data,
  ...more,
});

describe("the Secrets of a service in the cluster", () => {
  it("are its versions and the key of their names, and no others", async () => {
    const versioned = "atom-secrets-0123456789ab";
    const annotated = { metadata: { name: versioned, annotations: { "atom.dev/made": "once" } }, immutable: true };
    const service = await read({
      [list]: {
        items: [
          secret("atom-secrets", { tokenSecret: base64("old") }),
          secret(versioned, { tokenSecret: base64("new") }, annotated),
          secret("atom-version-key", { key: base64("the key") }),
          secret("atom-alerts", { slackWebhookUrl: base64("https://hooks.example") }),
        ],
      },
    });
    const key = new VersionKey("the key");
    assert.equal(service?.secrets?.key?.hash("x", 64), key.hash("x", 64));
    assert.deepEqual(
      service.secrets.versions.map(({ name, immutable, made, content }) => [
        ...[name, immutable, made],
        content.version("atom", key).name,
      ]),
      [
        ["atom-secrets", false, undefined, SecretContent.of({ tokenSecret: "old" }).version("atom", key).name],
        [versioned, true, "once", SecretContent.of({ tokenSecret: "new" }).version("atom", key).name],
      ],
    );
  });

  it("are none before the first run, and one without any data is one", async () => {
    assert.deepEqual((await read({}))?.secrets, { key: undefined, versions: [] });
    const empty = await read({
      [list]: { items: [{ metadata: { name: "atom-secrets" } }, { metadata: { name: "atom-version-key" } }] },
    });
    assert.deepEqual([empty?.secrets?.versions.length, empty?.secrets?.key], [1, undefined]);
  });

  it("are also those that lost their labels and that something names, and the key that did", async () => {
    const [serving, idle, ran, kept] = ["0", "1", "2", "3"].map((each) => `atom-secrets-${each.repeat(12)}`);
    const template = (name = "") => ({
      metadata: { labels: {} },
      spec: { volumes: [{ secret: { secretName: name } }] },
    });
    const past = { ...pastRelease, outcome: "released" as const, podTemplate: template(kept) };
    const ledger = formatLedger({ ...initialLedger("atom"), releases: [past] });
    const metadata = { uid: "u", creationTimestamp: "2026-01-01T00:00:00Z", labels: {} };
    const unlabelled = [serving, ran, kept, "atom-version-key", "atom-secrets-444444444444"].map((name = "") =>
      secret(name, name === "atom-version-key" ? { key: base64("the key") } : { tokenSecret: base64(name) }),
    );
    const service = await read({
      [`${core}/configmaps/atom-ledger`]: { data: { "ledger.json": ledger } },
      "/apis/apps/v1/namespaces/atom-staging/deployments/atom-blue": {
        spec: { replicas: 2, template: template(serving) },
      },
      "/apis/apps/v1/namespaces/atom-staging/deployments/atom-green": {
        spec: { replicas: 0, template: template(idle) },
      },
      [jobs]: { items: [{ metadata, spec: { template: template(ran) } }] },
      [list]: { items: [secret(idle ?? "", { tokenSecret: base64("idle") })] },
      [`${core}/secrets`]: { items: unlabelled },
    });
    assert.deepEqual(service?.secrets?.versions.map(({ name }) => name).sort(), [serving, idle, ran, kept]);
    assert.equal(service.secrets.key?.hash("x", 64), new VersionKey("the key").hash("x", 64));
  });

  it("must be readable: otherwise what the serving pods read would be taken for unused", async () => {
    await using double = await ApiDouble.serve((request, response) => {
      if (request.url === list) respond(response, 403, { message: "secrets is forbidden" });
      else respond(response, request.url === core ? 200 : 404, {});
    });
    const cluster = { context: double.context, kubeconfig: double.kubeconfig };
    const query = { cluster, namespace: "atom-staging", services: { atom: "istio" as const }, env: {} };
    await assert.rejects(readLiveServices(query), ClusterAccessError);
  });

  it("are not shown by the error over an answer that cannot be used", async () => {
    const broken = read({
      [list]: { items: [secret("atom-secrets", { tokenSecret: 5 as unknown as string, other: base64("hunter2") })] },
    });
    await assert.rejects(broken, (error: unknown) => {
      assert.ok(error instanceof ClusterAnswerError);
      assert.doesNotMatch(error.message, /hunter2|aHVudGVyMg/);
      return true;
    });
  });

  it("are known of the newest migrations by their pod template", async () => {
    const template = { metadata: {}, spec: { containers: [{ env: [{ value: "atom-secrets-0123456789ab" }] }] } };
    const metadata = { uid: "u", creationTimestamp: "2026-01-01T00:00:00Z", labels: {} };
    const service = await read({ [jobs]: { items: [{ metadata, spec: { template } }] } });
    assert.match(JSON.stringify(service?.migration?.template), /atom-secrets-0123456789ab/);
  });
});
