import assert from "node:assert/strict";
import { GrafanaUrlError } from "../../../components/dashboards/grafana-url.ts";
import { grafanaEndpoint } from "../../../delivery/grafana/endpoint.ts";

describe("where Grafana is", () => {
  const key = { GRAFANA_API_KEY: "glsa_key" };

  it("is said by GRAFANA_URL, else by the configuration", () => {
    const configured = "https://grafana.example.com";
    assert.equal(
      grafanaEndpoint({ ...key, GRAFANA_URL: "http://other.test/grafana" }, configured)?.url.host,
      "other.test",
    );
    assert.deepEqual(grafanaEndpoint(key, configured), { url: new URL(configured), key: "glsa_key" });
  });

  it("is nowhere without an address or without a key", () => {
    assert.equal(grafanaEndpoint(key), undefined);
    assert.equal(grafanaEndpoint({ GRAFANA_URL: "https://grafana.test" }), undefined);
    assert.equal(grafanaEndpoint({ GRAFANA_URL: "https://grafana.test", GRAFANA_API_KEY: "" }), undefined);
  });

  it("is an http or https address without a password", () => {
    for (const bad of ["grafana.test", "ftp://grafana.test", "https://anna:s3cret@grafana.test"])
      assert.throws(
        () => grafanaEndpoint({ ...key, GRAFANA_URL: bad }),
        (error: Error) => error instanceof GrafanaUrlError && !error.message.includes("s3cret"),
      );
  });
});
