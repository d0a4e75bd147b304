import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { GrafanaUrlError } from "../../components/dashboards/grafana-url.ts";
import { grafanaAccess } from "../../infra/grafana.ts";

const section = { url: "https://grafana.example.com", folder: "Atom" };
const env = { GRAFANA_URL: "http://grafana.test:3000/below", GRAFANA_API_KEY: "of the variable" };

/** The value of an output. */
function valueOf(output: pulumi.Output<string>): Promise<string> {
  return new Promise((resolve) => {
    output.apply(resolve);
  });
}

describe("the program's access to Grafana", () => {
  it("is by the configuration's address and secret", async () => {
    const access = grafanaAccess({ section, key: pulumi.secret("of the stack"), env: {} });
    assert.ok(access?.kind === "granted");
    assert.equal(access.url, "https://grafana.example.com/");
    assert.equal(await valueOf(access.key), "of the stack");
  });

  it("is by the variables where they are set, and the variable's key is a secret as well", async () => {
    const access = grafanaAccess({ section, key: pulumi.secret("of the stack"), env });
    assert.ok(access?.kind === "granted");
    assert.equal(access.url, "http://grafana.test:3000/below");
    assert.equal(await valueOf(access.key), "of the variable");
    assert.equal(await pulumi.isSecret(access.key), true);
  });

  it("is missed with every reason", () => {
    const nowhere = { folder: "Atom" };
    const access = grafanaAccess({ section: nowhere, key: undefined, env: { GRAFANA_URL: "", GRAFANA_API_KEY: "" } });
    assert.ok(access?.kind === "missing");
    assert.match(access.note, /set atom:grafana\.url or GRAFANA_URL, and atom:grafanaApiKey or GRAFANA_API_KEY$/);
  });

  it("is not looked for by a stack without dashboards", () => {
    assert.equal(grafanaAccess({ section: undefined, key: undefined, env }), undefined);
  });

  it("is refused to an address that is none", () => {
    assert.throws(
      () => grafanaAccess({ section, key: undefined, env: { ...env, GRAFANA_URL: "grafana" } }),
      GrafanaUrlError,
    );
  });
});
