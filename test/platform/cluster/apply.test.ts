import assert from "node:assert/strict";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { applyPaths, headOf, splitDocuments } from "../../../platform/cluster/apply.ts";
import { discoveryOf, FakeApiServer, type Answer, type SeenRequest } from "./fake-api-server.ts";

const definition = (name: string): string => `apiVersion: apiextensions.k8s.io/v1
kind: CustomResourceDefinition
metadata:
  annotations:
    a: b
  name: ${name}
spec:
  description: long
  group: example.org
`;

describe("Applying objects to the API server", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-apply-"));
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  /** Applies files by their names and contents, and gives what the server saw. */
  async function apply(
    files: Readonly<Record<string, string>>,
    answer: (request: SeenRequest) => Answer,
    except: readonly string[] = [],
  ): Promise<SeenRequest[]> {
    for (const [name, content] of Object.entries(files)) await writeFile(path.join(folder, name), content);
    await using server = await FakeApiServer.start(answer);
    await applyPaths(server.client, { paths: [folder], except }, AbortSignal.timeout(5_000));
    return server.requests;
  }

  it("sends namespaces first, by server-side apply under the cluster's own name", async () => {
    const objects = [
      { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "a", namespace: "n" } },
      { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } },
    ];
    const requests = await apply({ "objects.json": JSON.stringify(objects) }, () => ({ status: 201 }));
    assert.deepEqual(
      requests.map(({ method, path: place }) => `${method} ${place}`),
      [
        "PATCH /api/v1/namespaces/n?fieldManager=atom-cluster&force=true",
        "PATCH /api/v1/namespaces/n/serviceaccounts/a?fieldManager=atom-cluster&force=true",
      ],
    );
  });

  it("sends every document of a YAML file but the excepted, and waits until the kinds are served", async () => {
    const names = ["as.example.org", "bs.example.org", "cs.example.org"];
    let looks = 0;
    const requests = await apply(
      { "crds.yaml": `# generated\n---\n${names.map(definition).join("---\n")}` },
      ({ path: place }) => {
        if (place !== "/apis") return { status: 201 };
        looks += 1;
        return { status: 200, body: discoveryOf(looks === 1 ? ["as.example.org"] : names) };
      },
      ["cs.example.org"],
    );
    const applied = requests.filter(({ method }) => method === "PATCH");
    assert.deepEqual(
      applied.map(({ path: place }) => /definitions\/([^?]+)/.exec(place)?.[1]).sort(),
      names.slice(0, 2),
    );
    assert.ok(applied.every(({ body }) => !body.includes("description")));
    assert.equal(looks, 2);
  });

  it("tries again while the server is busy or does not know the kind yet", async () => {
    const statuses = [503, 404, 429, 201];
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
    const requests = await apply({ "a.json": JSON.stringify([object]) }, () => ({ status: statuses.shift() ?? 500 }));
    assert.equal(requests.length, 4);
  });

  it("ends with the server's own words when an object is refused", async () => {
    const object = { apiVersion: "v1", kind: "Namespace", metadata: { name: "n" } };
    await assert.rejects(
      apply({ "a.json": JSON.stringify([object]) }, () => ({ status: 422, body: { message: "no such name" } })),
      /Namespace n was refused with 422: .*no such name/,
    );
  });
});

describe("A YAML file of several documents", () => {
  it("is split at its markers, without the empty ones", () => {
    assert.deepEqual(splitDocuments("# only a comment\n---\na: 1\n--- # next\nb: 2\n---\n"), ["\na: 1\n", "\nb: 2\n"]);
  });

  it("names its objects without a look at the rest", () => {
    const { apiVersion, kind, metadata } = headOf(`${definition("as.example.org")}broken: [`);
    assert.equal(
      `${apiVersion} ${kind} ${metadata.name}`,
      "apiextensions.k8s.io/v1 CustomResourceDefinition as.example.org",
    );
  });
});
