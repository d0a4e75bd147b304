import assert from "node:assert/strict";
import {
  checkPrometheus,
  prometheusUnset,
  type CheckOptions,
  type PrometheusReport,
} from "../../../delivery/prometheus/check.ts";
import { answerJson, deafUrl, serve, type Handler } from "../support/loopback.ts";
import { answerVector, clientOf, parametersOf } from "./fake-prometheus.ts";

const never = new AbortController().signal;
const goodRules = { status: "success", data: { groups: [{ name: "g", rules: [{ name: "R", health: "ok" }] }] } };

function prometheus(faults: Readonly<Record<string, Handler>> = {}): Handler {
  return (request, response) => {
    const fault = faults[request.path];
    if (fault !== undefined) fault(request, response);
    else if (request.path === "/-/healthy") response.end("Prometheus Server is Healthy.\n");
    else if (request.path === "/api/v1/rules") answerJson(response, goodRules);
    else answerVector(response, 1, 1);
  };
}

async function reportOf(handler: Handler, options: CheckOptions = {}): Promise<PrometheusReport> {
  await using server = await serve(handler);
  using test = clientOf(server.url, { deadlineMs: 3_000 });
  return await checkPrometheus(test.client, test.clock, options, never);
}

describe("the check of Prometheus", () => {
  it("finds a good one usable", async () => {
    const report = await reportOf(prometheus(), { ruleGroup: "g" });
    assert.equal(report.status, "usable");
    assert.deepEqual(report.warnings, []);
    assert.deepEqual(
      report.checks.map(({ name, ok, detail }) => [name, ok, detail]),
      [
        ["healthy", true, "it says it is healthy"],
        ["rules", true, "1 rules loaded, none failing"],
        ["sample query", true, 'up{job="atom"} answers 2 series'],
      ],
    );
  });

  it("asks the sample query that it is given", async () => {
    await using server = await serve(prometheus());
    using test = clientOf(server.url);
    await checkPrometheus(test.client, test.clock, { sampleQuery: "vector(1)" }, never);
    const query = server.received.find(({ path }) => path === "/api/v1/query");
    assert.equal(parametersOf(query!).query, "vector(1)");
  });

  const cases: Record<string, { handler: Handler; options?: CheckOptions; warning: RegExp }> = {
    "is not healthy": {
      handler: prometheus({ "/-/healthy": (_, response) => response.writeHead(503).end() }),
      warning: /^Prometheus, healthy: .*503/,
    },
    "has a rule that fails": {
      handler: prometheus({
        "/api/v1/rules": (_, response) => {
          const rules = [
            { name: "R", health: "err", lastError: "many-to-many" },
            { name: "S", health: "ok" },
          ];
          answerJson(response, { status: "success", data: { groups: [{ name: "g", rules }] } });
        },
      }),
      warning: /^Prometheus, rules: 1 of 2 rules fail to evaluate \(R: many-to-many\)$/,
    },
    "lacks the rule group": {
      handler: prometheus(),
      options: { ruleGroup: "deployment_alerts" },
      warning: /^Prometheus, rules: the rule group deployment_alerts is not loaded$/,
    },
    "does not know the service": {
      handler: prometheus({
        "/api/v1/query": (_, response) => {
          answerVector(response);
        },
      }),
      warning: /^Prometheus, sample query: up\{job="atom"\} answers nothing: is the service scraped\?$/,
    },
    "refuses the sample query": {
      handler: prometheus({
        "/api/v1/query": (_, response) => {
          answerJson(response, { status: "error", errorType: "bad_data", error: "parse error" }, 400);
        },
      }),
      warning: /^Prometheus, sample query: .*parse error/,
    },
  };
  for (const [what, { handler, options, warning }] of Object.entries(cases))
    it(`degrades to one warning where it ${what}`, async () => {
      const report = await reportOf(handler, options);
      assert.equal(report.status, "degraded");
      assert.equal(report.warnings.length, 1);
      assert.match(report.warnings[0] ?? "", warning);
      assert.equal(report.checks.filter(({ ok }) => ok).length, 2);
    });

  it("degrades and does not throw where nothing listens", async () => {
    using test = clientOf(await deafUrl(), { deadlineMs: 3_000 });
    const report = await checkPrometheus(test.client, test.clock, {}, never);
    assert.equal(report.status, "degraded");
    assert.equal(report.warnings.length, 3);
  });

  it("says why there is none", () => {
    const report = prometheusUnset("PROMETHEUS_URL is not set");
    assert.equal(report.status, "unset");
    assert.match(report.warnings[0] ?? "", /PROMETHEUS_URL is not set.*pods' own counters/);
  });
});
