import assert from "node:assert/strict";
import { longestText } from "../../../components/text/cut.ts";
import { refusal } from "../../../delivery/cluster/answers.ts";
import { parseAnswer } from "../../../delivery/gate/answer.ts";
import { ExpositionError } from "../../../delivery/guard/exposition.ts";
import { readCounters } from "../../../delivery/guard/counters.ts";
import { GrafanaError } from "../../../delivery/grafana/client.ts";
import { RefusedError, UndeliveredError } from "../../../delivery/notify/channel.ts";
import { parseRules, parseWarnings } from "../../../delivery/prometheus/api-answers.ts";
import { entryOf } from "../../../delivery/release/entry.ts";
import { messageOf } from "../../../delivery/release/persist.ts";
import { initialState, transition, type ReleaseEvent } from "../../../delivery/release/state-machine.ts";
import { releasePlan } from "../support/plans.ts";

const large = "é".repeat(750_000);
const cut = /… \(cut: \d+ characters in all\)$/;

function assertCut(text: string): void {
  assert.ok(Buffer.byteLength(text) <= longestText, `${Buffer.byteLength(text)} bytes`);
  assert.match(text, cut);
}

function thrownBy(work: () => unknown): Error {
  try {
    work();
  } catch (error) {
    if (error instanceof Error) return error;
  }
  return assert.fail("it did not throw an error");
}

describe("a text of 1.5 MB", () => {
  it("in a Status that a pod's metrics page, or the API server, answers is cut", () => {
    const body = JSON.stringify({ kind: "Status", message: large });
    for (const status of [401, 404, 409, 422, 429, 503])
      assertCut(refusal({ verb: "proxy", target: "pods a/b:8080/metrics" }, { status, contentType: "", body }).message);
  });

  it("in a series of a metrics page is cut", () => {
    const error = thrownBy(() => readCounters(`http_requests_total{route="/a",method="${large}"} 1.5\n`));
    assert.ok(error instanceof ExpositionError);
    assertCut(error.message);
  });

  it("in an error, a warning or a rule of Prometheus is cut", () => {
    const answer = parseAnswer(422, JSON.stringify({ status: "error", error: large }));
    assert.ok(!answer.ok);
    assertCut(answer.problem.detail);
    const warnings = parseWarnings(JSON.stringify({ warnings: Array.from({ length: 99 }, () => large) }));
    assert.equal(warnings.length, 10);
    warnings.forEach(assertCut);
    const rules = [{ name: "r", health: "err", lastError: large }];
    const groups = [{ name: "g", rules }];
    assertCut(parseRules(JSON.stringify({ status: "success", data: { groups } }))?.[0]?.lastError ?? "");
  });

  it("in an answer of Slack, GitHub or Grafana is cut", () => {
    for (const { message } of [
      new UndeliveredError(large, { uncertain: false }),
      new RefusedError(large),
      new GrafanaError("refused", large),
    ])
      assertCut(message);
  });

  it("in any other error that a release tells of is cut", () => {
    assertCut(messageOf(new Error(large)));
    assertCut(messageOf({ toString: () => large }));
  });

  it("in an event, or deep in its evidence, is cut in the journal's line and in the release's cause", () => {
    const evidence = { pods: [{ signals: [{ kind: "unreadable", detail: large }] }], count: 3 };
    const event: ReleaseEvent = { type: "failed", reason: "not_ready", detail: large, evidence };
    const next = transition({ ...initialState, phase: "measuring", percent: 10 }, event, releasePlan());
    const entry = entryOf(1, 0, event, next);
    assertCut(next.cause?.detail ?? "");
    assertCut(entry.detail);
    assert.ok(Buffer.byteLength(JSON.stringify(entry)) < 3 * longestText);
    const kept = entry.evidence as { readonly count: number; readonly pods: { signals: { detail: string }[] }[] };
    assertCut(kept.pods[0]?.signals[0]?.detail ?? "");
    assert.equal(kept.count, 3);
  });
});
