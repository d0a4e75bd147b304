// Previews as the engine would tell them, by what is special about each.
import { readFile } from "node:fs/promises";
import path from "node:path";
import type { Json } from "../../../delivery/engine-events/changes.ts";
import { Scrubber } from "../../../delivery/http/scrubber.ts";
import { readPreview, type StackPreview } from "../../../delivery/preview/stack-preview.ts";
import { EngineLog, hidden } from "../engine-events/engine-log.ts";
import { releasePlan } from "../support/plans.ts";

/** A secret that no engine knows of: it comes in the clear, within other text. */
export const knownSecret = "s3cr3t-value-of-this-process";

const deployment = "kubernetes:apps/v1:Deployment";
const planText = JSON.stringify(
  releasePlan({
    soak: 600_000,
    steps: [
      { percent: 10, wait: 300_000 },
      { pause: "approval", deadline: 86_400_000 },
      { percent: 50, wait: 300_000 },
      { percent: 100, wait: 300_000 },
    ],
  }),
);

/** A log that ends as that of a stack whose new version is staged. */
function staged(log: EngineLog): EngineLog {
  return log
    .same("atom-release-plan", { inputs: { data: { "plan.json": planText } } })
    .note("atom: template b24a78d7ecdd is staged in green at 0 % of the traffic; blue goes on serving d396158e3eb7.")
    .outputs({ services: { atom: { active: "blue", staged: { slot: "green", digest: "b24a78d7ecdd" } } } });
}

const update = {
  type: deployment,
  before: { spec: { replicas: 0, template: { image: "registry.example.com/atom:1.4.1" } } },
  inputs: { spec: { replicas: 2, template: { image: "registry.example.com/atom:1.4.2" } } },
  detailedDiff: { "spec.replicas": "update", "spec.template.image": "update" },
} as const;

function settings(changed: Readonly<Record<string, Json>>): string {
  return JSON.stringify({
    title: "Overview",
    panels: Array.from({ length: 12 }, (_, id) => ({ id, span: 6 })),
    ...changed,
  });
}

/** A log by what it is an example of. */
export const logs = {
  create: () =>
    new EngineLog()
      .create("atom-staging", {
        type: "kubernetes:core/v1:Namespace",
        parent: "environment",
        inputs: { metadata: { name: "atom-staging" } },
      })
      .create("atom-blue", { type: deployment, inputs: { spec: { replicas: 2, token: hidden } } })
      .outputs({ services: { atom: { active: "blue", staged: null } } })
      .summary(),
  update: () =>
    staged(
      new EngineLog()
        .update("atom-green", update)
        .update("overview", {
          type: "grafana:oss/dashboard:Dashboard",
          parent: "environment",
          before: { configJson: settings({ refresh: "1m" }) },
          inputs: { configJson: settings({ refresh: "5m" }) },
          detailedDiff: { configJson: "update" },
        })
        .finding("pinned-images", "advisory", "the image has a tag and no digest", "atom-green"),
    ).summary(),
  replace: () =>
    new EngineLog()
      .replace("atom-migration", {
        type: "kubernetes:batch/v1:Job",
        before: { metadata: { name: "atom-migrate-1" }, spec: { image: "1" } },
        inputs: { metadata: { name: "atom-migrate-2" }, spec: { image: "2" } },
        detailedDiff: { "metadata.name": "update-replace", "spec.image": "update-replace" },
      })
      .update("atom-green", update)
      .outputs({ services: { atom: { staged: null } } })
      .summary(),
  delete: () =>
    new EngineLog("production")
      .delete("atom-secrets", { type: "kubernetes:core/v1:Secret", protect: true })
      .delete("old-channel", { type: "pulumi-nodejs:dynamic:Resource", parent: "environment", retainOnDelete: true })
      .delete("settings", { parent: "stack" })
      .update("atom-green", update)
      .outputs({ services: { atom: { staged: null } } })
      .summary(),
  "no-change": () =>
    new EngineLog()
      .same("x", { inputs: { a: 1 } })
      .outputs({ services: { atom: { staged: null } } })
      .summary(),
  failure: () =>
    new EngineLog("production")
      .update("atom-green", update)
      .diagnostic("info#err", "a line of the program")
      .finding("production-reviewers", "mandatory", "production has no reviewers: name them in atom:github")
      .diagnostic(
        "error",
        '1 problem in the configuration of the stack "production":\n  atom:services.atom.image: "atom:latest"; allowed: a fixed tag',
      )
      .diagnostic("error", "preview failed")
      .summary("failed"),
  "not-staged": () =>
    new EngineLog()
      .refreshed("atom-blue", {
        type: deployment,
        before: { spec: { replicas: 2 } },
        inputs: { spec: { replicas: 7 } },
        detailedDiff: { "spec.replicas": "update" },
      })
      .same("atom-blue", { type: deployment, inputs: { spec: { replicas: 7 } } })
      .refreshed("atom-egress", { type: "kubernetes:networking.k8s.io/v1:NetworkPolicy", before: { spec: {} } })
      .create("atom-egress", { type: "kubernetes:networking.k8s.io/v1:NetworkPolicy", inputs: { spec: {} } })
      .note(
        "atom: template b24a78d7ecdd is quarantined and not staged: release r7 rolled it back at 2026-01-01T00:00:00Z (high_error_rate). Change the service, or lift the quarantine with a reason.",
      )
      .diagnostic("warning", "the ServiceMonitor's label is not selected")
      .outputs({ services: { atom: { staged: null } } })
      .summary(),
  "500-resources": () => {
    const log = new EngineLog();
    for (let index = 0; index < 500; index += 1)
      log.update(`settings-${index}`, {
        parent: index % 5 === 0 ? "environment" : "service",
        before: { data: { one: "before", two: index } },
        inputs: { data: { one: `after ${"and on ".repeat(index % 40)}`, two: index + 1 } },
      });
    return log.delete("settings-500").summary();
  },
  "2-mb": () => {
    const lines = Array.from({ length: 40_000 }, (_, index) => `line ${index} of a text that is much too long to show`);
    return new EngineLog()
      .update("long", {
        before: { data: { text: lines.join("\n") } },
        inputs: { data: { text: lines.toReversed().join("\n") } },
      })
      .update("wide", {
        before: { data: { text: "x".repeat(1_000_000) } },
        inputs: { data: { text: "y".repeat(1_000_000) } },
      })
      .update("atom-green", update)
      .summary();
  },
  "secret-in-list": () =>
    new EngineLog()
      .update("secret", {
        type: "kubernetes:core/v1:Secret",
        before: { args: ["--user", hidden, `--token=${knownSecret}`], data: { password: hidden } },
        inputs: { args: ["--user", hidden, `--token=${knownSecret}`, "--new"], data: { password: hidden } },
        detailedDiff: { args: "update", "data.password": "update" },
      })
      .create("settings", {
        inputs: {
          urls: [`https://user:${encodeURIComponent(knownSecret)}@host`],
          text: Buffer.from(knownSecret).toString("base64"),
        },
      })
      .note(`atom: a note with ${knownSecret}`)
      .summary(),
  hostile: () =>
    new EngineLog("stack</code></summary></details>@admin")
      .update("<script>alert(1)</script> @octocat #1 GH-1", {
        before: { text: "```\n</details>\n@org/team `````` ![](https://evil.example)", "[x](https://evil.example)": 1 },
        inputs: { text: "~~~\n````````\n<details open>\n\u202egnp.exe\u001b[31m", "[x](https://evil.example)": 2 },
      })
      .delete("</details>\n\n# heading\n@everyone", { parent: "environment" })
      .note("</summary> <img src=x onerror=alert(1)> @octocat fixes #1, gh-1 https://evil.example | a | b |")
      .finding("<b>policy</b>", "advisory", "**bold** @octocat\n```\n<!-- atom-delivery preview -->", "x")
      .diagnostic("warning", "<!-- atom-delivery preview -->\n@octocat")
      .diagnostic("error", "```\n</details>\n@org/team #1\n``````")
      .summary("failed"),
} as const satisfies Record<string, () => EngineLog>;

export type Example = keyof typeof logs;
export const examples = Object.keys(logs) as readonly Example[];

export function previewOf(log: EngineLog): StackPreview {
  const scrubber = new Scrubber();
  scrubber.learn(knownSecret);
  const { stack } = log;
  return readPreview({ stack, events: log.toString(), source: stack, scrub: (text) => scrubber.scrub(text) });
}

/** A file that a person has looked at. `UPDATE_GOLDEN=1` writes it anew. */
export function goldenFile(name: string): string {
  return path.join(import.meta.dirname, "golden", name);
}

export function golden(name: string): Promise<string> {
  return readFile(goldenFile(name), "utf8");
}
