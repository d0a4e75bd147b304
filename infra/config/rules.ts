import { catalogue, serviceDefinition } from "../../stacks/catalogue.ts";
import { migrationLabel, releaserName } from "../../components/names/names.ts";
import { slotNames } from "../../components/names/slot-name.ts";
import { alertProblems } from "./alerts-rules.ts";
import type { ConfigProblem } from "./error.ts";
import { githubProblems } from "./github-rules.ts";
import { percentOf } from "./percentage.ts";
import { quotaProblems } from "./quota-rules.ts";
import { amount } from "./quantity.ts";
import { slackProblems } from "./slack-rules.ts";
import { environments, type ServiceConfig, type StackConfig } from "./schema.ts";

/** Finds what each value alone cannot tell: values that do not go together. */
export function crossFieldProblems(stack: string, config: StackConfig): ConfigProblem[] {
  return [
    ...environmentProblems(stack, config),
    ...nameProblems(Object.keys(config.services)),
    ...Object.entries(config.services).flatMap(([name, service]) => serviceProblems(name, service, config)),
    ...quotaProblems(config),
    ...limitProblems("namespace.containerDefaults", config.namespace.containerDefaults),
    ...stepProblems(config),
    ...alertProblems(config),
    ...githubProblems(config),
    ...slackProblems(config),
    ...(config.environment === "production" ? productionProblems(config) : []),
  ].map((problem) => ({ ...problem, key: `atom:${problem.key}` }));
}

function environmentProblems(stack: string, { environment, services }: StackConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (environments.some((name) => name === stack) && stack !== environment)
    problems.push({ key: "environment", value: environment, allowed: `allowed in the stack ${stack}: ${stack}` });
  if (Object.keys(services).length === 0)
    problems.push({ key: "services", value: services, allowed: "allowed: at least one service" });
  return problems;
}

/**
 * What belongs to a service is named after it: its slots' Services and Deployments, and by their labels its migrations and releasers. A
 * service of such a name would be routed to, scaled or selected in place of that.
 */
function nameProblems(names: readonly string[]): ConfigProblem[] {
  return names.flatMap((name) => {
    const owner = names.find((other) => [migrationLabel(other), releaserName(other)].includes(name));
    const slot = slotNames.find((each) => name.endsWith(`-${each}`));
    if (owner === undefined && slot === undefined) return [];
    const allowed =
      slot === undefined
        ? `it is the name of what belongs to ${owner ?? ""}; allowed: a name that does not end so`
        : `it ends as the name of a slot does; allowed: a name that does not end with -${slotNames.join(" or -")}`;
    return [{ key: `services.${name}`, value: name, allowed }];
  });
}

function serviceProblems(name: string, service: ServiceConfig, config: StackConfig): ConfigProblem[] {
  const key = `services.${name}`;
  const definition = serviceDefinition(name);
  if (definition === undefined)
    return [
      {
        key,
        value: name,
        allowed: `allowed: ${Object.keys(catalogue).join(", ")} (a new service is defined in stacks/)`,
      },
    ];
  const problems = limitProblems(`${key}.resources`, service.resources);

  const reserved = {
    ...definition.environment.values,
    ...definition.environment.secrets,
    ...definition.environment.labels,
  };
  for (const variable of Object.keys(service.env).filter((variable) => Object.hasOwn(reserved, variable)))
    problems.push({
      key: `${key}.env.${variable}`,
      value: service.env[variable],
      allowed: "the service's definition sets this variable; leave it out",
    });

  if (service.autoscaling !== undefined && service.autoscaling.maxReplicas < service.replicas)
    problems.push({
      key: `${key}.autoscaling.maxReplicas`,
      value: service.autoscaling.maxReplicas,
      allowed: `allowed: at least the replicas, ${service.replicas}`,
    });

  const { max } = config.release.thresholds.p95Latency;
  if (!definition.metrics.latencyEdges.includes(max))
    problems.push({
      key: "release.thresholds.p95Latency.max",
      value: `${max}ms`,
      allowed: `allowed: an edge of the latency histogram of ${name}: ${definition.metrics.latencyEdges.map((edge) => `${edge}ms`).join(", ")}`,
    });
  return [...problems, ...routeProblems(key, service, config)];
}

function routeProblems(
  key: string,
  { routes, replicas, imagePullPolicy }: ServiceConfig,
  config: StackConfig,
): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  if (imagePullPolicy === "Never" && config.environment !== "local")
    problems.push({ key: `${key}.imagePullPolicy`, value: imagePullPolicy, allowed: "allowed: Always, IfNotPresent" });
  if (routes.router === "replicas") {
    const lightest = Math.min(...config.release.steps.map((step) => ("weight" in step ? step.weight : 100)));
    const reachable = Math.ceil(100 / (replicas + 1));
    if (lightest < reachable)
      problems.push({
        key: `${key}.routes.router`,
        value: routes.router,
        allowed: `one candidate pod beside ${replicas} gets ${reachable} % of the requests, but the first step is ${lightest} %; allowed: a heavier first step, more replicas, or the router istio`,
      });
    return problems;
  }
  if (routes.retries.perTryTimeout > routes.timeout)
    problems.push({
      key: `${key}.routes.retries.perTryTimeout`,
      value: `${routes.retries.perTryTimeout}ms`,
      allowed: `allowed: at most the timeout of the whole request, ${routes.timeout}ms`,
    });
  if (routes.hosts.includes("*") && config.environment !== "local")
    problems.push({
      key: `${key}.routes.hosts`,
      value: routes.hosts,
      allowed: "allowed: the hosts by name; * is for local",
    });
  return problems;
}

function limitProblems(key: string, { requests, limits }: ServiceConfig["resources"]): ConfigProblem[] {
  return (["cpu", "memory"] as const).flatMap((resource) => {
    const limit = limits[resource];
    return limit === undefined || amount(limit) >= amount(requests[resource])
      ? []
      : [
          {
            key: `${key}.limits.${resource}`,
            value: limit,
            allowed: `allowed: at least the request, ${requests[resource]}`,
          },
        ];
  });
}

function stepProblems({ release, monitoring }: StackConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  // Fewer than four scrapes in a window leave too little to judge by.
  const shortest = 4 * monitoring.scrapeInterval;
  let previous = 0;
  release.steps.forEach((step, index) => {
    if (!("weight" in step)) return;
    const key = `release.steps.${index}`;
    if (step.weight <= previous)
      problems.push({
        key: `${key}.weight`,
        value: step.weight,
        allowed: `allowed: more than the step before, ${previous}`,
      });
    if (step.wait < shortest)
      problems.push({
        key: `${key}.wait`,
        value: `${step.wait}ms`,
        allowed: `allowed: at least four scrapes (monitoring.scrapeInterval), ${shortest}ms`,
      });
    previous = step.weight;
  });
  const last = release.steps.at(-1);
  if (last === undefined || !("weight" in last) || last.weight !== 100)
    problems.push({
      key: `release.steps.${release.steps.length - 1}`,
      value: last,
      allowed: "allowed: 100 % as the last step",
    });
  return problems;
}

/** In production a breach always ends in a rollback (R4, R7), and nothing goes on that could not be judged. */
function productionProblems({ release, services }: StackConfig): ConfigProblem[] {
  const problems: ConfigProblem[] = [];
  // A metric of one's own may be on trial, and only be told about.
  for (const name of ["errorRate", "p95Latency"] as const) {
    const { onBreach } = release.thresholds[name];
    if (onBreach !== "rollback")
      problems.push({
        key: `release.thresholds.${name}.onBreach`,
        value: onBreach,
        allowed: "allowed in production: rollback",
      });
  }
  for (const key of ["noData", "metricsUnavailable"] as const)
    if (release[key].policy === "warn")
      problems.push({ key: `release.${key}.policy`, value: "warn", allowed: "allowed in production: rollback, hold" });
  if (release.deadlines.rollback > 60_000)
    problems.push({
      key: "release.deadlines.rollback",
      value: `${release.deadlines.rollback}ms`,
      allowed: "allowed in production: up to 60s",
    });
  const { max } = release.thresholds.errorRate;
  if (max > 0.01)
    problems.push({
      key: "release.thresholds.errorRate.max",
      value: percentOf(max),
      allowed: "allowed in production: up to 1%",
    });
  for (const [name, { replicas }] of Object.entries(services))
    if (replicas < 2)
      problems.push({
        key: `services.${name}.replicas`,
        value: replicas,
        allowed: "allowed in production: at least 2",
      });
  return problems;
}
