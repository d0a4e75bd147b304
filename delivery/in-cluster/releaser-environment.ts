import type { types } from "@pulumi/kubernetes";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { secretsNamed } from "../../components/workload/secret-version.ts";

type EnvVar = types.input.core.v1.EnvVar;

/** Who the smoke test logs in as, and where the password is. */
export interface SmokeUser {
  readonly username: string;
  /** Name of a Secret in the namespace. */
  readonly secret: string;
  /** The password's key in it. */
  readonly passwordKey: string;
}

/**
 * The user that the program's migration makes, with the password that the migration of the candidate's template has given it.
 *
 * @param template pod template of the candidate: it names its Secret
 * @param username default: R3's
 * @returns `undefined` where the template names no Secret of the service
 */
export function smokeUserOf(service: string, template: unknown, username = "smoke_test"): SmokeUser | undefined {
  const [secret] = secretsNamed(service, template);
  return secret === undefined ? undefined : { username, secret, passwordKey: "smokeTestPassword" };
}

/** What a container is told in confidence, and the files that come with it. */
export interface ReleaserEnvironment {
  readonly env: readonly EnvVar[];
  readonly volumes: readonly types.input.core.v1.Volume[];
  readonly volumeMounts: readonly types.input.core.v1.VolumeMount[];
}

const authoritiesFolder = "/etc/atom/authorities";

/**
 * The variables that a plan's releaser reads. The user is that of the candidate's own Secret; whatever else the plan names a variable for (how to
 * log in to Prometheus, files of authorities), and where metrics and messages go, is under the variable's name in a Secret that people make, and may be absent: the releaser then says
 * which variable it misses, and goes on by its plan.
 *
 * @param secret name of the Secret that people make
 */
export function releaserEnvironment(
  plan: ReleasePlan,
  smokeUser: SmokeUser | undefined,
  secret: string,
): ReleaserEnvironment {
  const authorities = [plan.prometheus?.caFileVariable, plan.entry.caFileVariable].filter((name) => name !== undefined);
  const items = [...new Set(authorities)].sort().map((name) => ({ key: name, path: name }));
  return {
    env: [
      ...(plan.smoke.steps.length === 0 || smokeUser === undefined ? [] : loginVariables(smokeUser)),
      ...[...prometheusVariables(plan.prometheus), ...outsideVariables].map((name) => ({
        name,
        valueFrom: { secretKeyRef: { name: secret, key: name, optional: true } },
      })),
      ...items.map(({ key, path }) => ({ name: key, value: `${authoritiesFolder}/${path}` })),
    ],
    volumes: items.length === 0 ? [] : [{ name: "authorities", secret: { secretName: secret, optional: true, items } }],
    volumeMounts: items.length === 0 ? [] : [{ name: "authorities", mountPath: authoritiesFolder, readOnly: true }],
  };
}

function loginVariables({ username, secret, passwordKey }: SmokeUser): EnvVar[] {
  return [
    { name: "SMOKE_TEST_USERNAME", value: withoutReferences(username) },
    { name: "SMOKE_TEST_PASSWORD", valueFrom: { secretKeyRef: { name: secret, key: passwordKey } } },
  ];
}

function prometheusVariables(prometheus: ReleasePlan["prometheus"]): readonly string[] {
  const auth = prometheus?.auth ?? { kind: "none" };
  switch (auth.kind) {
    case "none":
      return [];
    case "bearer":
      return [auth.tokenVariable];
    case "basic":
      return [auth.usernameVariable, auth.passwordVariable];
  }
}

/** Where metrics and messages go. What the Job is not told, whoever follows it sends, or the next release. */
const outsideVariables = [
  ...["METRICS_ENDPOINT", "METRICS_TOKEN"],
  ...["SLACK_BOT_TOKEN", "SLACK_WEBHOOK_URL", "SLACK_WEBHOOK_CRITICAL"],
  ...["GITHUB_TOKEN", "GRAFANA_URL", "GRAFANA_API_KEY"],
];

/** Kubernetes puts variables into the words of a container, `$(NAME)`: a person's words could show a secret. */
export function withoutReferences(text: string): string {
  return text.replaceAll("$", "$$$$");
}
