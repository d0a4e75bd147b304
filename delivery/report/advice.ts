import type { Reason } from "../../components/ledger/release-record.ts";
import type { Header } from "./story.ts";

type Names = Pick<Header, "id" | "environment" | "to" | "percent">;

/** What to look at, by why it went back or is held. */
const causes: Readonly<Record<Reason, string>> = {
  smoke_test_failed: "Look at the smoke step that failed, and at the candidate's log of that time.",
  high_error_rate: "Look for 5xx answers in the candidate's log of that time.",
  high_latency: "Look for what made the candidate slower: its log, its resources, what it asks of others.",
  metric_breached: "Look at the metric that was above its limit, and whether its queries count what they should.",
  pods_restarted: "Look at why the containers ended (memory, a crash, a liveness probe) in their last state and log.",
  not_ready: "Look at the pods' events and log: the image, its configuration, what it needs to become ready.",
  pods_unavailable:
    "Look at the pods' events: the image, the registry, quotas, nodes. Release again when they can run. The version itself is not blamed.",
  active_slot_lost:
    "Look at what took the pods of the version that served away: a person, an autoscaler, a node. The version itself is not blamed.",
  metrics_unavailable:
    "Bring Prometheus back, or change `policies.metricsUnavailable`. The version itself is not blamed.",
  no_traffic: "Release when there is traffic, or configure `synthetic` requests. The version itself is not blamed.",
  too_few_requests:
    "Give steps more time or weight, or configure `synthetic` requests. The version itself is not blamed.",
  shared_fault: "Look at what both versions depend on. The version itself is not blamed.",
  shift_not_confirmed:
    "Look at the router: who changed its routes, and whether its proxies are told. The version itself is not blamed.",
  approval_timeout: "Release again when somebody is there to approve. The version itself is not blamed.",
  converge_failed: "Correct what kept the environment from coming up (see the message), then release again.",
  manual: "Release again when you are ready.",
  superseded:
    "The release that took its place tells the rest. Where something that it was judged by was changed (see the message), write the change into " +
    "the stack's configuration, or take it back (`kubectl rollout undo`, `npm run up -- --refresh`); then release again.",
  watch_lost:
    "Look at why the API server refuses or ends watches: the role of whoever releases (`npm run up` gives it `watch`), a proxy in between. The version itself is not blamed.",
  releaser_lost: "Release again; with --in-cluster a lost process resumes by itself.",
  internal_error: "Read the message above. Release again when its cause is gone.",
};

/** What to do next, a sentence each, the first thing first. */
export function adviceOf(header: Header, quarantined: boolean): readonly string[] {
  const { outcome, observed, cause } = header;
  if (observed)
    return outcome === "released"
      ? [`Nothing was moved. Release it with \`${command("release", header)}\`.`]
      : ["Nothing was moved.", ...(cause === undefined ? [] : [causes[cause.reason]])];
  switch (outcome) {
    case "released":
      return [`Nothing. To go back: \`${command("rollback", header)}\`.`];
    case "baseline":
      return [];
    case "under-way":
      return underWay(header);
    case "held":
      return [
        ...(cause === undefined ? [] : [causes[cause.reason]]),
        `Then go on with \`${command("resume", header)}\`, or take it back with \`${command("abort", header)}\`.`,
      ];
    case "rolled-back":
    case "aborted":
      return [
        ...(cause === undefined || header.withdrawn ? [] : [causes[cause.reason]]),
        ...afterReturn(header, quarantined),
      ];
  }
}

function underWay(header: Header): readonly string[] {
  if (header.phase === "awaiting-approval")
    return [`Go on with \`${command("approve", header)}\`, or take it back with \`${command("abort", header)}\`.`];
  return [
    `Follow it with \`${command("status --watch", header)}\`; take it back with \`${command("abort", header)}\`.`,
  ];
}

function afterReturn(header: Header, quarantined: boolean): readonly string[] {
  const stays = header.candidateStays
    ? [
        `The pods of ${header.to.slot} were left, since users may still need them (the journal says why): ` +
          `check the router's weights and the pods of ${header.from.slot}.`,
      ]
    : [];
  if (!quarantined && !header.withdrawn) return stays;
  const lift = `atom quarantine lift ${header.to.template}${stack(header)} --reason "…"`;
  return [
    ...stays,
    `Release a changed version. This one ${header.withdrawn ? "was rolled back by users" : "is quarantined"}: only \`${lift}\` lets it be staged again.`,
    ...(header.cause?.reason === "high_error_rate"
      ? [
          `See what another limit would have said: \`${command(`replay ${header.id} --set gate.errorRate.max=0.5%`, header)}\`.`,
        ]
      : []),
  ];
}

/** A command of this environment. */
export function command(what: string, names: Pick<Names, "environment">): string {
  return `atom ${what}${stack(names)}`;
}

function stack({ environment }: Pick<Names, "environment">): string {
  return environment === undefined ? "" : ` --stack ${environment}`;
}
