import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { createServer, type IncomingHttpHeaders, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { KubeConfig } from "@kubernetes/client-node";
import { projectRoot } from "../support/workflows/workflow-file.ts";

interface Ended {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

describe("A script of the workflows", () => {
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-scripts-"));
    await writeFile(path.join(folder, "env"), "");
  });

  afterEach(async () => {
    await rm(folder, { recursive: true });
  });

  function run(name: string, words: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<Ended> {
    return new Promise((resolve, reject) => {
      execFile(
        path.join(projectRoot, ".github", "scripts", name),
        words,
        {
          cwd: projectRoot,
          env: { PATH: "/usr/bin:/bin", RUNNER_TEMP: folder, GITHUB_ENV: path.join(folder, "env"), ...env },
          timeout: 30_000,
        },
        (error, stdout, stderr) => {
          const code = error === null ? 0 : error.code;
          if (typeof code === "number") resolve({ code, stdout, stderr });
          else reject(new Error(`${name} did not end by itself`, { cause: error }));
        },
      );
    });
  }

  describe("that writes a kubeconfig", () => {
    it("writes it where nobody else reads it, and names it to the later steps", async () => {
      const { code, stdout } = await run("write-kubeconfig", ["staging"], { KUBECONFIG_CONTENT: "a: b\nc: d" });
      assert.deepEqual([code, stdout], [0, ""]);
      const file = path.join(folder, "kubeconfigs", "staging");
      assert.equal(await readFile(file, "utf8"), "a: b\nc: d\n");
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.equal((await stat(path.dirname(file))).mode & 0o777, 0o700);
      assert.equal(await readFile(path.join(folder, "env"), "utf8"), `KUBECONFIG=${file}\n`);
    });

    it("puts a second one before the first, for a job that reaches two clusters", async () => {
      const first = path.join(folder, "kubeconfigs", "staging");
      await run("write-kubeconfig", ["production"], { KUBECONFIG_CONTENT: "x", KUBECONFIG: first });
      const second = path.join(folder, "kubeconfigs", "production");
      assert.equal(await readFile(path.join(folder, "env"), "utf8"), `KUBECONFIG=${second}:${first}\n`);
    });

    it("fails where the secret is not there, and says which", async () => {
      const { code, stdout } = await run("write-kubeconfig", ["production"], { KUBECONFIG_CONTENT: "" });
      assert.equal(code, 1);
      assert.match(stdout, /^::error::The secret KUBECONFIG_PRODUCTION is empty: see \.github\/workflows\/README\.md/);
    });

    it("removes what it wrote", async () => {
      await run("write-kubeconfig", ["staging"], { KUBECONFIG_CONTENT: "x" });
      assert.equal((await run("remove-kubeconfigs", [])).code, 0);
      await assert.rejects(stat(path.join(folder, "kubeconfigs")), { code: "ENOENT" });
    });
  });

  describe("that logs in to a cluster by the job's identity", () => {
    const server = "https://api.staging.test:6443";
    const ca = "-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----";
    let github: Server;
    let asked: { readonly url: string; readonly headers: IncomingHttpHeaders }[];
    let identity: Readonly<Record<string, string>>;

    beforeEach(async () => {
      asked = [];
      github = createServer((request, response) => {
        asked.push({ url: request.url ?? "", headers: request.headers });
        response.end(JSON.stringify({ count: 1, value: "a.token.of-github" }));
      });
      await new Promise<void>((resolve) => github.listen(0, "127.0.0.1", resolve));
      const { port } = github.address() as AddressInfo;
      identity = {
        ACTIONS_ID_TOKEN_REQUEST_URL: `http://127.0.0.1:${port}/token?api-version=2.0`,
        ACTIONS_ID_TOKEN_REQUEST_TOKEN: "an-identity-request",
      };
    });

    afterEach(async () => {
      await new Promise((resolve) => github.close(resolve));
    });

    it("asks GitHub for a token for this API server alone, and prints it as Kubernetes' clients want it", async () => {
      const { code, stdout } = await run("oidc-credential", [server], identity);
      assert.equal(code, 0);
      const { status, ...rest } = JSON.parse(stdout) as { readonly status: Readonly<Record<string, string>> };
      assert.deepEqual(rest, { apiVersion: "client.authentication.k8s.io/v1", kind: "ExecCredential" });
      assert.equal(status.token, "a.token.of-github");
      const until = Date.parse(status.expirationTimestamp ?? "") - Date.now();
      assert.ok(until > 180_000 && until <= 241_000, String(until));
      const [request] = asked;
      const { searchParams } = new URL(request?.url ?? "", "http://github.test");
      assert.deepEqual(
        [searchParams.get("api-version"), searchParams.get("audience"), request?.headers.authorization],
        ["2.0", server, "Bearer an-identity-request"],
      );
    });

    it("says which permission is missing where the job may not ask", async () => {
      const { code, stderr } = await run("oidc-credential", [server]);
      assert.notEqual(code, 0);
      assert.match(stderr, /the job needs the permission id-token: write/);
    });

    it("writes a kubeconfig that holds no secret, and that a client logs in with", async () => {
      const { code, stderr } = await run("write-oidc-kubeconfig", ["staging"], {
        KUBERNETES_SERVER: server,
        KUBERNETES_CA: ca,
      });
      assert.deepEqual([code, stderr], [0, ""]);
      const file = path.join(folder, "kubeconfigs", "staging");
      assert.equal(await readFile(path.join(folder, "env"), "utf8"), `KUBECONFIG=${file}\n`);
      const config = new KubeConfig();
      config.loadFromFile(file);
      assert.equal(config.getCurrentContext(), "atom-staging");
      const { server: named, caData = "" } = config.getCurrentCluster() ?? {};
      assert.deepEqual([named, Buffer.from(caData, "base64").toString()], [server, `${ca}\n`]);

      const options: { headers?: Record<string, string> } = {};
      const before = { ...process.env };
      Object.assign(process.env, identity);
      try {
        await config.applyToHTTPSOptions(options);
      } finally {
        for (const name of Object.keys(identity)) Reflect.deleteProperty(process.env, name);
        Object.assign(process.env, before);
      }
      assert.equal(options.headers?.Authorization, "Bearer a.token.of-github");
    });
  });
});
