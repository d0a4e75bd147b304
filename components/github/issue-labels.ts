import { rollbackLabels } from "../release-plan/notifications.ts";

/** A label of issues as it is made; whoever changes its colour or words later is left alone. */
export interface IssueLabel {
  readonly name: string;
  /** Six hexadecimal digits, without #. */
  readonly color: string;
  readonly description: string;
}

const looks: Readonly<Record<string, Omit<IssueLabel, "name">>> = {
  deployment: { color: "0e8a16", description: "About a release" },
  rollback: { color: "b60205", description: "A release that went back" },
  bug: { color: "d73a4a", description: "Something isn't working" },
  staging: { color: "c5def5", description: "In staging" },
  production: { color: "5319e7", description: "In production" },
};

const plain: Omit<IssueLabel, "name"> = { color: "ededed", description: "" };

/** The labels of the issues that releases open: those of every rollback, and a label for each environment. */
export function issueLabels(environments: readonly string[]): readonly IssueLabel[] {
  return [...rollbackLabels, ...environments].map((name) => ({ name, ...(looks[name] ?? plain) }));
}
