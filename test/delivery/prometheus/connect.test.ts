import assert from "node:assert/strict";
import "reflect-metadata"; // which @peculiar/x509 asks for
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { once } from "node:events";
import https from "node:https";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import * as x509 from "@peculiar/x509";
import { connectPrometheus } from "../../../delivery/prometheus/connect.ts";
import type { ReleasePlan } from "../../../components/release-plan/release-plan.ts";
import { realClock } from "../support/clocks.ts";
import { serve } from "../support/loopback.ts";
import { answerScalar } from "./fake-prometheus.ts";

const never = new AbortController().signal;
type Plan = NonNullable<ReleasePlan["prometheus"]>;

function plan(changes: Partial<Plan> = {}): Plan {
  return { url: "http://127.0.0.1:1", auth: { kind: "none" }, timeout: 5_000, scrapeInterval: 5_000, ...changes };
}

async function refusal(of: ReleasePlan["prometheus"], environment: Record<string, string> = {}): Promise<string> {
  using connection = await connectPrometheus(of, environment, { clock: realClock });
  assert.equal(connection.ok, false);
  return connection.why;
}

describe("the connection to Prometheus", () => {
  it("is the plan's, unless PROMETHEUS_URL names another", async () => {
    await using server = await serve((_, response) => {
      answerScalar(response, 1);
    });
    for (const [url, environment] of [
      [server.url.href, { PROMETHEUS_URL: "" }],
      ["http://127.0.0.1:1", { PROMETHEUS_URL: server.url.href }],
    ] as const) {
      using connection = await connectPrometheus(plan({ url }), environment, { clock: realClock });
      assert.ok(connection.ok);
      assert.equal((await connection.client.query("x", never)).answer.ok, true);
    }
    assert.equal(server.received.length, 2);
  });

  it("needs no plan when PROMETHEUS_URL is set", async () => {
    using connection = await connectPrometheus(null, { PROMETHEUS_URL: "http://127.0.0.1:1" }, { clock: realClock });
    assert.equal(connection.ok, true);
  });

  it("carries the credentials that the environment holds", async () => {
    await using server = await serve((_, response) => {
      answerScalar(response, 1);
    });
    const ways = [
      { kind: "bearer", tokenVariable: "PROMETHEUS_TOKEN" },
      { kind: "basic", usernameVariable: "PROMETHEUS_USERNAME", passwordVariable: "PROMETHEUS_PASSWORD" },
    ] as const;
    for (const auth of ways) {
      const environment = { PROMETHEUS_TOKEN: "tok", PROMETHEUS_USERNAME: "ada", PROMETHEUS_PASSWORD: "pw" };
      using connection = await connectPrometheus(plan({ url: server.url.href, auth }), environment, {
        clock: realClock,
      });
      assert.ok(connection.ok);
      await connection.client.query("x", never);
    }
    assert.deepEqual(
      server.received.map(({ headers }) => headers.authorization),
      ["Bearer tok", `Basic ${Buffer.from("ada:pw").toString("base64")}`],
    );
  });

  it("is told to be missing, with what is missing", async () => {
    assert.equal(await refusal(null), "neither the plan nor PROMETHEUS_URL names one");
    assert.equal(
      await refusal(null, { PROMETHEUS_URL: "prometheus:9090" }),
      "PROMETHEUS_URL is no http or https address",
    );
    assert.match(
      await refusal(plan({ auth: { kind: "bearer", tokenVariable: "PROMETHEUS_TOKEN" } })),
      /^PROMETHEUS_TOKEN is not set/,
    );
    const basic = {
      kind: "basic",
      usernameVariable: "PROMETHEUS_USERNAME",
      passwordVariable: "PROMETHEUS_PASSWORD",
    } as const;
    assert.match(await refusal(plan({ auth: basic })), /^PROMETHEUS_USERNAME is not set/);
    assert.match(
      await refusal(plan({ auth: basic }), { PROMETHEUS_USERNAME: "ada" }),
      /^PROMETHEUS_PASSWORD is not set/,
    );
    assert.match(await refusal(plan({ caFileVariable: "PROMETHEUS_CA_FILE" })), /^PROMETHEUS_CA_FILE is not set/);
    assert.match(
      await refusal(plan({ caFileVariable: "PROMETHEUS_CA_FILE" }), { PROMETHEUS_CA_FILE: "/nowhere/ca.pem" }),
      /PROMETHEUS_CA_FILE names cannot be read \(ENOENT\)/,
    );
  });

  it("trusts the authorities of the file that a variable names, and no others", async () => {
    const folder = await mkdtemp(path.join(tmpdir(), "atom-ca-"));
    const keys = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]);
    const certificate = await x509.X509CertificateGenerator.createSelfSigned({
      name: "CN=prometheus",
      keys,
      signingAlgorithm: { name: "ECDSA", hash: "SHA-256" },
      extensions: [
        new x509.BasicConstraintsExtension(true),
        new x509.SubjectAlternativeNameExtension([{ type: "ip", value: "127.0.0.1" }]),
      ],
    });
    const key = x509.PemConverter.encode(await crypto.subtle.exportKey("pkcs8", keys.privateKey), "PRIVATE KEY");
    const server = https.createServer({ key, cert: certificate.toString("pem") }, (_, response) => {
      answerScalar(response, 1);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    try {
      const file = path.join(folder, "ca.pem");
      await writeFile(file, certificate.toString("pem"));
      const url = `https://127.0.0.1:${(server.address() as AddressInfo).port}`;
      using trusted = await connectPrometheus(
        plan({ url, caFileVariable: "PROMETHEUS_CA_FILE" }),
        { PROMETHEUS_CA_FILE: file },
        { clock: realClock },
      );
      assert.ok(trusted.ok);
      assert.equal((await trusted.client.query("x", never)).answer.ok, true);
      using strange = await connectPrometheus(plan({ url }), {}, { clock: realClock });
      assert.ok(strange.ok);
      const { answer } = await strange.client.query("x", never);
      assert.match(!answer.ok ? answer.problem.detail : "", /TLS connection was not accepted/);
    } finally {
      server.closeAllConnections();
      server.close();
      await rm(folder, { recursive: true });
    }
  });
});
