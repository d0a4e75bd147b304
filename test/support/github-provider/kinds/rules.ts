import type { Properties } from "../kind.ts";

/** A rule as GitHub has it. */
export interface ApiRule {
  readonly type: string;
  readonly parameters?: Properties;
}

/** Rules without parameters, by the provider's names. */
const switches: Readonly<Record<string, string>> = {
  creation: "creation",
  deletion: "deletion",
  nonFastForward: "non_fast_forward",
  requiredLinearHistory: "required_linear_history",
  requiredSignatures: "required_signatures",
};

const pullRequestDefaults = {
  ...{ dismissStaleReviewsOnPush: false, requireCodeOwnerReview: false, requireLastPushApproval: false },
  ...{ requiredApprovingReviewCount: 0, requiredReviewThreadResolution: false },
};

interface StatusChecks {
  readonly requiredChecks: readonly { readonly context: string; readonly integrationId?: number }[];
  readonly strictRequiredStatusChecksPolicy?: boolean;
  readonly doNotEnforceOnCreate?: boolean;
}

/** The rules of a ruleset, as GitHub takes them. Throws for one that the stand-in does not know. */
export function toApiRules(rules: Properties): readonly ApiRule[] {
  return Object.entries(rules).flatMap(([name, value]): readonly ApiRule[] => {
    if (name === "pullRequest")
      return [{ type: "pull_request", parameters: renamed({ ...pullRequestDefaults, ...(value as object) }, snake) }];
    if (name === "requiredStatusChecks") return [statusChecks(value as StatusChecks)];
    const type = switches[name];
    if (type === undefined) throw new Error(`the stand-in knows no rule ${name}`);
    return value === true ? [{ type }] : [];
  });
}

/** The same as the provider has them. */
export function fromApiRules(rules: readonly ApiRule[]): Properties {
  return Object.fromEntries(
    rules.map(({ type, parameters = {} }): [string, unknown] => {
      if (type === "pull_request") return ["pullRequest", withoutDefaults(renamed(parameters, camel))];
      if (type === "required_status_checks") return ["requiredStatusChecks", fromStatusChecks(parameters)];
      return [camel(type), true];
    }),
  );
}

function statusChecks({ requiredChecks, ...rest }: StatusChecks): ApiRule {
  return {
    type: "required_status_checks",
    parameters: {
      ...renamed({ strictRequiredStatusChecksPolicy: false, ...rest }, snake),
      required_status_checks: requiredChecks.map(({ context, integrationId = 0 }) => ({
        context,
        ...(integrationId === 0 ? {} : { integration_id: integrationId }),
      })),
    },
  };
}

function fromStatusChecks({ required_status_checks: checks, ...rest }: Properties): Properties {
  return {
    ...renamed(rest, camel),
    requiredChecks: (checks as readonly { context: string; integration_id?: number }[]).map(
      ({ context, integration_id }) => ({ context, ...(integration_id && { integrationId: integration_id }) }),
    ),
  };
}

function withoutDefaults(parameters: Properties): Properties {
  const defaults: Properties = pullRequestDefaults;
  return Object.fromEntries(Object.entries(parameters).filter(([name, value]) => defaults[name] !== value));
}

function renamed(properties: object, rename: (name: string) => string): Properties {
  return Object.fromEntries(Object.entries(properties).map(([name, value]) => [rename(name), value as unknown]));
}

function snake(name: string): string {
  return name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
}

function camel(name: string): string {
  return name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
}
