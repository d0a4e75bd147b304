import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { UserError } from "../../components/errors/user-error.ts";
import { change as changeSchema, type Change } from "../../components/ledger/release-record.ts";
import { cutText } from "../../components/text/cut.ts";
import { messageOf } from "../release/persist.ts";
import { workflowRun } from "../github/workflow.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** What was named is no commit. */
export class CommitError extends UserError {
  override readonly name = "CommitError";
}

/** The variable that tells of the change cannot be read (exit code 12). */
export class ChangeVariableError extends UserError {
  override readonly name = "ChangeVariableError";
  readonly problems: readonly string[];

  constructor(problems: readonly string[], options?: ErrorOptions) {
    super(
      `${changeVariable} cannot be read: ${cutText(problems.join("; "))}\n` +
        'It is set for a releaser in the cluster: JSON such as {"commit":"0123456789abcdef"}. Unset it, or name the commit with --commit.',
      options,
    );
    this.problems = problems;
  }
}

/** Variable by which a releaser in the cluster is told of the change: JSON. */
export const changeVariable = "ATOM_CHANGE";

/** Variable by which a releaser in the cluster is told of the template that `pulumi up` has staged for it: its digest. */
export const stagedVariable = "ATOM_STAGED";

/** The template that is known to be staged. Undefined where the variable is not set, or empty. */
export function stagedOf({ [stagedVariable]: staged = "" }: Environment): string | undefined {
  return staged === "" ? undefined : staged;
}

const pattern = /^[0-9a-f]{7,64}$/;
const gitDeadline = 5_000;
const longestMessage = 200;

/**
 * Which commit is on its way: the one that was named, else the workflow's (GITHUB_SHA), else the one that the folder has checked out. Who wrote
 * it, when and why is asked of git. Undefined where there is none of them. Throws a {@link CommitError} for a name that is no commit, and a
 * {@link ChangeVariableError}.
 */
export async function changeOf(
  environment: Environment,
  { commit: named, folder }: { readonly commit?: string | undefined; readonly folder: string },
): Promise<Change | undefined> {
  if (named !== undefined && !pattern.test(named))
    throw new CommitError(`--commit ${named}: allowed is a commit's hash, 7 to 64 characters of 0-9 and a-f.`);
  const told = named === undefined ? toldChange(environment) : undefined;
  if (told !== undefined) return told;
  const known = named ?? workflowCommit(environment);
  const found = await lookUp(known ?? "HEAD", folder);
  const commit = found?.commit ?? known;
  return commit === undefined ? undefined : { commit, ...found, ...workflow(environment) };
}

/** Says of a variable that a command does not need, and could not read, that it is ignored; `undefined` where there is nothing to say. */
export function unreadableChange(environment: Environment): string | undefined {
  try {
    toldChange(environment);
    return undefined;
  } catch (error) {
    return `${changeVariable} is ignored: ${messageOf(error)}`;
  }
}

/** Throws a {@link ChangeVariableError}. */
function toldChange({ [changeVariable]: text = "" }: Environment): Change | undefined {
  if (text === "") return undefined;
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    throw new ChangeVariableError([`it is not JSON: ${messageOf(cause)}`], { cause });
  }
  const read = changeSchema.safeParse(value);
  if (!read.success)
    throw new ChangeVariableError(
      read.error.issues.map(({ path, message }) => `${path.map(String).join(".") || "it"}: ${message}`),
      { cause: read.error },
    );
  const { author, message } = read.data;
  return {
    ...read.data,
    ...(author === undefined ? {} : { author: cutText(author) }),
    ...(message === undefined ? {} : { message: cutText(message) }),
  };
}

function workflowCommit({ GITHUB_SHA: commit }: Environment): string | undefined {
  return commit !== undefined && pattern.test(commit) ? commit : undefined;
}

function workflow(environment: Environment): Pick<Change, "repository" | "run"> {
  const { GITHUB_REPOSITORY: repository = "" } = environment;
  const run = workflowRun(environment);
  return { ...(repository === "" ? {} : { repository }), ...(run === undefined ? {} : { run }) };
}

/** Undefined where there is no git, no repository, or no such commit (a shallow clone has few). */
async function lookUp(commit: string, folder: string): Promise<Change | undefined> {
  const fields = ["%H", "%an", "%cI", "%s"];
  try {
    const { stdout } = await promisify(execFile)(
      "git",
      ["-C", folder, "log", "-1", "--no-show-signature", `--format=${fields.join("%x00")}`, commit, "--"],
      { timeout: gitDeadline },
    );
    const [hash = "", author = "", committed = "", message = ""] = stdout.trimEnd().split("\0");
    return {
      commit: hash,
      ...(author === "" ? {} : { author }),
      ...(message === "" ? {} : { message: message.slice(0, longestMessage) }),
      committedAt: new Date(committed).toISOString(),
    };
  } catch {
    return undefined;
  }
}
