import assert from "node:assert/strict";
import fc from "fast-check";
import { serviceSelectorLabels } from "../../../components/names/labels.ts";
import { releaserJob, type ReleaserJobArgs } from "../../../delivery/in-cluster/job.ts";
import { longestRun } from "../../../delivery/in-cluster/longest-run.ts";
import { smokeUserOf } from "../../../delivery/in-cluster/releaser-environment.ts";
import { stagedOf } from "../../../delivery/wiring/change.ts";
import { releasePlan } from "../support/plans.ts";

/** A candidate's pod template, as far as it names its Secret. */
const template = { metadata: { annotations: { "atom.dev/secret": "atom-secrets-0123456789ab" } } };
const step = { name: "live", method: "GET", path: "/live" } as const;

function args(changes: Partial<ReleaserJobArgs> = {}): ReleaserJobArgs {
  return {
    plan: releasePlan({ smoke: { steps: [step] } }),
    image: "registry.test/atom-delivery:1",
    id: "x1y2z3",
    account: "atom-deployer",
    request: { by: "anna@laptop" },
    smokeUser: smokeUserOf("atom", template),
    ...changes,
  };
}

/** The container of a releaser's pod, of plain values. */
function containerOf(changes: Partial<ReleaserJobArgs>) {
  const { spec } = releaserJob(args(changes));
  return JSON.parse(JSON.stringify(spec)) as {
    template: {
      spec: {
        volumes: unknown[];
        containers: [
          { imagePullPolicy: string; args: string[]; env: { name: string; value?: string }[]; volumeMounts: unknown[] },
        ];
      };
    };
  };
}

/** What a container is started with, after Kubernetes has put variables into it. */
function expanded(word: string, variables: Readonly<Record<string, string>>): string {
  return word.replace(/\$(?:\$|\(([^)]*)\))/g, (whole, name?: string) =>
    name === undefined ? "$" : (variables[name] ?? whole),
  );
}

/** A variable that people may put into a Secret. */
function fromSecret(name: string): object {
  return { name, valueFrom: { secretKeyRef: { name: "atom-releaser", key: name, optional: true } } };
}

/** Where metrics and messages go. */
const outside = [
  "METRICS_ENDPOINT",
  "METRICS_TOKEN",
  "SLACK_BOT_TOKEN",
  "SLACK_WEBHOOK_URL",
  "SLACK_WEBHOOK_CRITICAL",
  "GITHUB_TOKEN",
  "GRAFANA_URL",
  "GRAFANA_API_KEY",
].map(fromSecret);

describe("the Job of a releaser", () => {
  it("runs the release that is staged with the least rights that a pod can have, and restarts what did not end it", () => {
    const labels = { "app.kubernetes.io/name": "atom-releaser", "app.kubernetes.io/part-of": "atom" };
    assert.deepEqual(releaserJob(args()), {
      metadata: { name: "atom-release-x1y2z3", namespace: "atom-staging", labels },
      spec: {
        backoffLimit: 6,
        podFailurePolicy: {
          rules: [
            { action: "Ignore", onPodConditions: [{ type: "DisruptionTarget", status: "True" }] },
            { action: "Ignore", onExitCodes: { containerName: "releaser", operator: "In", values: [130] } },
            { action: "FailJob", onExitCodes: { containerName: "releaser", operator: "In", values: [10, 11, 12] } },
          ],
        },
        podReplacementPolicy: "Failed",
        activeDeadlineSeconds: 12_300,
        ttlSecondsAfterFinished: 86_400,
        template: {
          metadata: { labels: { ...labels, "sidecar.istio.io/inject": "false" } },
          spec: {
            restartPolicy: "Never",
            serviceAccountName: "atom-deployer",
            automountServiceAccountToken: true,
            enableServiceLinks: false,
            terminationGracePeriodSeconds: 60,
            securityContext: {
              runAsNonRoot: true,
              runAsUser: 10_001,
              runAsGroup: 10_001,
              fsGroup: 10_001,
              seccompProfile: { type: "RuntimeDefault" },
            },
            containers: [
              {
                name: "releaser",
                image: "registry.test/atom-delivery:1",
                imagePullPolicy: "IfNotPresent",
                args: [
                  "release",
                  "--staged",
                  "--namespace",
                  "atom-staging",
                  "--service",
                  "atom",
                  "--on-sigterm",
                  "leave",
                  "--by",
                  "anna@laptop (Job atom-release-x1y2z3)",
                ],
                env: [
                  { name: "SMOKE_TEST_USERNAME", value: "smoke_test" },
                  {
                    name: "SMOKE_TEST_PASSWORD",
                    valueFrom: { secretKeyRef: { name: "atom-secrets-0123456789ab", key: "smokeTestPassword" } },
                  },
                  ...outside,
                ],
                resources: { requests: { cpu: "50m", memory: "256Mi" }, limits: { memory: "512Mi" } },
                securityContext: {
                  allowPrivilegeEscalation: false,
                  readOnlyRootFilesystem: true,
                  runAsNonRoot: true,
                  capabilities: { drop: ["ALL"] },
                  seccompProfile: { type: "RuntimeDefault" },
                },
                volumeMounts: [],
              },
            ],
            volumes: [],
          },
        },
      },
    });
  });

  it("is found by no selector of the service", () => {
    const { metadata } = releaserJob(args());
    for (const [key, value] of Object.entries(serviceSelectorLabels("atom")))
      assert.notEqual(metadata.labels?.[key], value);
  });

  it("passes on what was asked for, word by word", () => {
    const request = { by: "anna", image: "registry.test/atom:2", hotfix: "payments are down", supersede: "v1 is bad" };
    const [container] = containerOf({ request }).template.spec.containers;
    assert.deepEqual(container.args.slice(-6), [
      ...["--image", "registry.test/atom:2", "--hotfix", "payments are down", "--supersede", "v1 is bad"],
    ]);
  });

  it("shows no variable's value through a person's words", () => {
    const word = fc.array(fc.constantFrom("$", "(", ")", "SECRET", "$(SECRET)", " "), { maxLength: 8 });
    fc.assert(
      fc.property(word, (parts) => {
        const hotfix = parts.join("");
        const [container] = containerOf({ request: { by: hotfix, hotfix } }).template.spec.containers;
        const words = container.args.map((each) => expanded(each, { SECRET: "revealed" }));
        assert.equal(words.at(-1), hotfix);
        assert.equal(words[9], `${hotfix} (Job atom-release-x1y2z3)`);
      }),
    );
  });

  it("takes an image of the embedded cluster from the node alone", () => {
    const [container] = containerOf({ image: "atom.local/atom-delivery:0.1.0" }).template.spec.containers;
    assert.equal(container.imagePullPolicy, "Never");
  });

  it("tells the releaser how to log in to Prometheus where its plan says so, if somebody has written that down", () => {
    const prometheus = { url: "https://prometheus.test", scrapeInterval: 5_000 };
    const basic = {
      kind: "basic",
      usernameVariable: "PROMETHEUS_USERNAME",
      passwordVariable: "PROMETHEUS_PASSWORD",
    } as const;
    const bearer = { kind: "bearer", tokenVariable: "PROMETHEUS_TOKEN" } as const;
    const variables = (auth: typeof basic | typeof bearer): unknown =>
      containerOf({ plan: releasePlan({ prometheus: { ...prometheus, auth } }) }).template.spec.containers[0].env;
    const basicVariables = [fromSecret("PROMETHEUS_USERNAME"), fromSecret("PROMETHEUS_PASSWORD")];
    assert.deepEqual(variables(basic), [...basicVariables, ...outside]);
    assert.deepEqual(variables(bearer), [fromSecret("PROMETHEUS_TOKEN"), ...outside]);
  });

  it("brings files of authorities, each under the name of its variable", () => {
    const plan = releasePlan({
      entry: { url: "https://gateway.test", caFileVariable: "ENTRY_CA_FILE" },
      prometheus: { url: "https://prometheus.test", scrapeInterval: 5_000, caFileVariable: "PROMETHEUS_CA_FILE" },
    });
    const { volumes, containers } = containerOf({ plan }).template.spec;
    const names = ["ENTRY_CA_FILE", "PROMETHEUS_CA_FILE"];
    assert.deepEqual(containers[0].env, [
      ...outside,
      ...names.map((name) => ({ name, value: `/etc/atom/authorities/${name}` })),
    ]);
    const items = names.map((name) => ({ key: name, path: name }));
    assert.deepEqual(volumes, [
      { name: "authorities", secret: { secretName: "atom-releaser", optional: true, items } },
    ]);
    assert.deepEqual(containers[0].volumeMounts, [
      { name: "authorities", mountPath: "/etc/atom/authorities", readOnly: true },
    ]);
  });

  it("tells its releaser which commit it releases, whatever the commit's message says", () => {
    const change = { commit: "4f2c9d1b7a", message: "Pay $(SMOKE_TEST_PASSWORD) back" };
    const { env } = containerOf({ request: { by: "anna@laptop", change } }).template.spec.containers[0];
    const told = env.find(({ name }) => name === "ATOM_CHANGE")?.value ?? "";
    assert.deepEqual(JSON.parse(expanded(told, { SMOKE_TEST_PASSWORD: "hidden" })), change);
  });

  it("tells its releaser which template was staged for it", () => {
    const { env } = containerOf({ request: { by: "anna@laptop", staged: "bbbbbbbbbbbb" } }).template.spec.containers[0];
    const told = env.find(({ name }) => name === "ATOM_STAGED")?.value;
    assert.equal(told, "bbbbbbbbbbbb");
    assert.equal(stagedOf({ ATOM_STAGED: told }), "bbbbbbbbbbbb");
    assert.equal(stagedOf({ ATOM_STAGED: "" }), undefined);
    assert.equal(stagedOf({}), undefined);
  });
});

describe("the longest that a releaser may run", () => {
  const minute = 60_000;

  it("is twice all that its plan may wait for, and half an hour", () => {
    const plan = releasePlan({
      steps: [
        { percent: 10, wait: 5 * minute },
        { pause: "approval", deadline: 60 * minute },
        { percent: 100, wait: 5 * minute },
      ],
      policies: {
        noData: { deadline: 3 * minute },
        metricsUnavailable: { deadline: 7 * minute },
        sharedFault: { deadline: 0 },
      },
      soak: 10 * minute,
      deadlines: { ready: 4 * minute, smoke: 2 * minute, confirm: minute, return: minute, hold: 30 * minute },
    });
    const steps = 2 * (1 + 5 + 7) + 60;
    assert.equal(longestRun(plan), (2 * (4 + 2 * 2 + steps + 10 + 30 + 2) + 30) * minute);
  });
});
