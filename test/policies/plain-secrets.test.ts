import assert from "node:assert/strict";
import { plainSecrets, repeatedSecrets } from "../../policies/plain-secrets.ts";
import { unknownValue } from "../../policies/resource.ts";
import { resource, stackViolationsOf, violationsOf } from "./support.ts";

const deployment = "kubernetes:apps/v1:Deployment";
const configMap = "kubernetes:core/v1:ConfigMap";
const secret = "kubernetes:core/v1:Secret";
const githubSecret = "github:index/actionsEnvironmentSecret:ActionsEnvironmentSecret";
const githubVariable = "github:index/actionsEnvironmentVariable:ActionsEnvironmentVariable";

function saidOfVariable(name: string, value: unknown = "4711"): readonly string[] {
  const inputs = { spec: { template: { spec: { containers: [{ name: "atom", env: [{ name, value }] }] } } } };
  return violationsOf(plainSecrets, deployment, inputs);
}

const wayOut = "Put it into a Secret, and refer to that.";

describe("the policy plain-secrets", () => {
  it("refuses a container's variable that is called like a secret", () => {
    assert.deepEqual(saidOfVariable("TOKEN_SECRET"), [
      `spec.template.spec.containers.0.env.0.value, called TOKEN_SECRET, looks like a secret in clear. ${wayOut}`,
    ]);
    for (const name of [
      "PASSWORD",
      "DB_PASSWD",
      "API_KEY",
      "grafanaApiKey",
      "PRIVATE-KEY",
      "SLACK_WEBHOOK",
      "SLACK_WEBHOOK_URL",
      "SENTRY_DSN",
      "AWS_CREDENTIALS",
      "github_token",
    ])
      assert.equal(saidOfVariable(name).length, 1, name);
  });

  it("takes a variable that refers to a Secret, is empty or is called otherwise", () => {
    const valueFrom = { secretKeyRef: { name: "atom-secrets", key: "tokenSecret" } };
    const inputs = { spec: { template: { spec: { containers: [{ env: [{ name: "TOKEN_SECRET", valueFrom }] }] } } } };
    assert.deepEqual(violationsOf(plainSecrets, deployment, inputs), []);
    assert.deepEqual(saidOfVariable("TOKEN_SECRET", ""), []);
    assert.deepEqual(saidOfVariable("TOKEN_SECRET", unknownValue), []);
    for (const name of ["TOKEN_LIFETIME", "SECRET_NAME", "PASSWORD_FILE", "SECRETS_REVISION", "PORT", "LOG_LEVEL"])
      assert.deepEqual(saidOfVariable(name), [], name);
  });

  it("refuses an entry of a ConfigMap that is called like a secret", () => {
    assert.deepEqual(violationsOf(plainSecrets, configMap, { data: { databasePassword: "4711", "plan.json": "{}" } }), [
      `data.databasePassword, called databasePassword, looks like a secret in clear. ${wayOut}`,
    ]);
  });

  it("refuses what looks like a secret, whatever it is called and wherever it stands", () => {
    const values = {
      "a private key": "-----BEGIN EC PRIVATE KEY-----\nMHcCAQ",
      "a JSON Web Token": "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhdG9tIn0.c2lnbmF0dXJl",
      "a token of GitHub's": `ghp_${"a1".repeat(18)}`,
      "a token of Slack's": ["xoxb", "1234567890", "abcdef"].join("-"),
      "a webhook of Slack's": "https://hooks.slack.com/services/T0/B0/x",
      "a token of Grafana's": `glsa_${"b2".repeat(16)}`,
      "an access key of AWS": "AKIAIOSFODNN7EXAMPLE",
      "an address with a password": "postgres://atom:hunter2@db.example.com/atom",
    };
    for (const [what, value] of Object.entries(values))
      for (const [type, inputs] of [
        [configMap, { data: { notes: `first ${value} then` } }],
        [deployment, { metadata: { annotations: { notes: value } } }],
        ["grafana:oss/dashboard:Dashboard", { configJson: JSON.stringify({ notes: value }) }],
      ] as const) {
        const [said = "", ...more] = violationsOf(plainSecrets, type, inputs);
        assert.ok(said.endsWith(` shows ${what} in clear. ${wayOut}`), `${type}: ${said}`);
        assert.deepEqual(more, [], type);
      }
  });

  it("takes addresses without a password, and with a placeholder in its stead", () => {
    for (const text of [
      "http://prometheus.monitoring:9090",
      '{"url":"https://atom.example.com:8443/a","mail":"on-call@example.com"}',
      "postgres://atom:{{password}}@db/atom",
      "postgres://atom:$PASSWORD@db/atom",
    ])
      assert.deepEqual(violationsOf(plainSecrets, configMap, { data: { "plan.json": text } }), [], text);
  });

  it("never quotes the value", () => {
    const value = "postgres://atom:hunter2@db.example.com/atom";
    const said = [
      ...saidOfVariable("DB_PASSWORD", value),
      ...violationsOf(plainSecrets, configMap, { data: { token: value } }),
    ];
    assert.equal(said.length, 4);
    assert.doesNotMatch(said.join(), /hunter2/);
  });

  it("takes secrets where they are kept: in Secrets, in GitHub's secrets and in providers", () => {
    const value = "postgres://atom:hunter2@db.example.com/atom";
    assert.deepEqual(
      violationsOf(plainSecrets, secret, { data: { password: value }, stringData: { token: value } }),
      [],
    );
    assert.deepEqual(violationsOf(plainSecrets, githubSecret, { secretName: "REGISTRY_PASSWORD", value }), []);
    assert.deepEqual(violationsOf(plainSecrets, "pulumi:providers:grafana", { auth: value }), []);
  });

  it("refuses a secret in what is beside a Secret's data", () => {
    assert.equal(
      violationsOf(plainSecrets, secret, { metadata: { annotations: { url: "redis://:hunter2@cache" } } }).length,
      1,
    );
  });

  it("refuses a variable of GitHub's that is called like a secret, or holds one", () => {
    assert.equal(
      violationsOf(plainSecrets, githubVariable, { variableName: "REGISTRY_PASSWORD", value: "4711" }).length,
      1,
    );
    assert.equal(
      violationsOf(plainSecrets, githubVariable, { variableName: "PLACE", value: "redis://:hunter2@cache" }).length,
      1,
    );
    assert.deepEqual(
      violationsOf(plainSecrets, githubVariable, { variableName: "STAGING_URL", value: "https://atom.example.com" }),
      [],
    );
  });
});

describe("the policy repeated-secrets", () => {
  const held = "correct horse battery staple";
  const encoded = Buffer.from(held).toString("base64");
  const holders = [
    resource(secret, { name: "encoded", inputs: { data: { word: encoded } } }),
    resource(secret, { name: "plain", inputs: { stringData: { word: held } } }),
  ];

  for (const holder of holders)
    it(`refuses what a Secret (${holder.name}) holds in another resource, as it is and as it travels`, () => {
      for (const text of [held, `before ${held} after`, encoded]) {
        const shown = resource(configMap, { name: "shown", inputs: { data: { notes: text, other: "fine" } } });
        assert.deepEqual(stackViolationsOf(repeatedSecrets, holder, shown), [
          `shown: data.notes shows what a Secret of this stack holds. ${wayOut}`,
        ]);
      }
    });

  it("takes what stands in Secrets and providers alone", () => {
    const others = [
      resource(secret, { inputs: { stringData: { again: held } } }),
      resource(githubSecret, { inputs: { value: held } }),
      resource("pulumi:providers:grafana", { inputs: { auth: held } }),
      resource(configMap, { inputs: { data: { notes: "nothing of it" } } }),
    ];
    assert.deepEqual(stackViolationsOf(repeatedSecrets, ...holders, ...others), []);
  });

  it("looks for no value that is in other texts by chance, and for none that is not known yet", () => {
    const short = resource(secret, { inputs: { stringData: { word: "atom", other: unknownValue } } });
    const shown = resource(configMap, { inputs: { data: { notes: "atom", other: unknownValue } } });
    assert.deepEqual(stackViolationsOf(repeatedSecrets, short, shown), []);
  });
});
