import { randomBytes } from "node:crypto";
import { hostname, userInfo } from "node:os";

type Environment = Readonly<Record<string, string | undefined>>;

/** Who releases: for people in records, and for the lease. */
export interface Identity {
  /** `anna@laptop`; in a workflow its actor and the run. */
  readonly by: string;
  /** Unique in the world. */
  readonly holder: string;
}

/** Who runs this process. @param by what the command line says of it */
export function identityOf(environment: Environment, by?: string): Identity {
  const name = by ?? workflowRun(environment) ?? `${userName(environment)}@${hostname()}`;
  return { by: name, holder: `${name} ${process.pid} ${randomBytes(3).toString("hex")}` };
}

function workflowRun({ GITHUB_ACTOR: actor, GITHUB_RUN_ID: run }: Environment): string | undefined {
  return actor === undefined || run === undefined ? undefined : `${actor} (workflow run ${run})`;
}

function userName({ USER, LOGNAME }: Environment): string {
  if (USER !== undefined && USER !== "") return USER;
  if (LOGNAME !== undefined && LOGNAME !== "") return LOGNAME;
  try {
    return userInfo().username;
  } catch {
    return "somebody";
  }
}
