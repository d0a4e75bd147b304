import { z } from "zod";
import { canonicalJson } from "../workload/digest.ts";
import { environmentVariables } from "../workload/environment.ts";
import type { MigrationSettings } from "./migration.ts";

/** The newest migration of a service in the cluster. */
export interface LiveMigration {
  /** Digest of the template that it belongs to. */
  readonly digest: string;
  readonly uid: string;
  /** What {@link MigrationPlan.attempt} was when it was made. */
  readonly attempt: string | undefined;
  readonly failed: boolean;
  /** Its pod template, as the API server holds it. */
  readonly template?: unknown;
  /** How long it might take, in seconds. @default not known */
  readonly deadlineSeconds?: number | undefined;
}

/** What to declare. */
export interface MigrationPlan {
  /** Digest of the template that the migrations belong to. */
  readonly digest: string;
  /** `false` leaves the last Job alone: nothing runs again and nothing is deleted. */
  readonly run: boolean;
  /** The failed Job that this one follows, by its UID: a Job that failed stays so, and only another one can succeed. */
  readonly attempt: string | undefined;
}

/**
 * Decides which migrations to declare; `undefined` is none. They run when a version comes up or is staged, anew after a failure. In
 * between, a Job that succeeded stays, and one that failed goes: the engine would wait for its success at every `up`.
 */
export function planMigration(
  run: boolean,
  digest: string,
  live: LiveMigration | undefined,
): MigrationPlan | undefined {
  if (run) return { run, digest, attempt: live?.digest === digest ? attemptAfter(live) : undefined };
  return live === undefined || live.failed ? undefined : { run, digest: live.digest, attempt: live.attempt };
}

function attemptAfter({ failed, uid, attempt }: LiveMigration): string | undefined {
  return failed ? uid : attempt;
}

const pod = z.object({
  spec: z.object({
    containers: z
      .array(
        z.object({
          command: z.array(z.string()).default([]),
          env: z
            .array(
              z.object({
                name: z.string(),
                value: z.string().optional(),
                valueFrom: z.object({ secretKeyRef: z.object({ key: z.string() }).optional() }).optional(),
              }),
            )
            .default([]),
        }),
      )
      .min(1),
  }),
});

/**
 * Says which settings of the migrations differ from those that ran: they are no part of the pod template, so nothing is staged because of
 * them. Whatever the Secret is called, and what a container runs beside them, differs between versions and is part of these.
 */
export function changedMigrationNotes(
  service: string,
  { command, environment, deadlineSeconds }: MigrationSettings,
  plan: MigrationPlan | undefined,
  live: LiveMigration | undefined,
): string[] {
  const ran = pod.safeParse(live?.template);
  if (plan === undefined || plan.run || live === undefined || !ran.success) return [];
  const [container] = ran.data.spec.containers;
  const declared = pod.shape.spec.shape.containers.parse([{ env: environmentVariables("", environment) }]);
  const changed = [
    ...(canonicalJson(container?.command) === canonicalJson(command) ? [] : ["command"]),
    ...(canonicalJson(container?.env) === canonicalJson(declared[0]?.env) ? [] : ["environment"]),
    ...((live.deadlineSeconds ?? deadlineSeconds) === deadlineSeconds ? [] : ["deadlineSeconds"]),
  ];
  if (changed.length === 0) return [];
  return [
    `${service}: the migrations' ${changed.join(", ")} differ from what ran for template ${live.digest}. They run with the next version that is staged.`,
  ];
}
