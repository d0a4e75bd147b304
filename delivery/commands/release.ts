import { Option, type Command } from "commander";
import { UserError } from "../../components/errors/user-error.ts";
import type { Ledger } from "../../components/ledger/ledger.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { canaryVariables, withCanaryVariables } from "../plan/canary-variables.ts";
import { converge, type Converged } from "../converge/stack-command.ts";
import { QuarantinedError, ReleaseRefusedError, WithdrawnError, type ReleaseRequest } from "../release/opening.ts";
import type { SessionTools } from "../release/session.ts";
import { releaseOfRun } from "../in-cluster/earlier-run.ts";
import { openSite, type Site } from "../target/site.ts";
import { changeOf, stagedOf } from "../wiring/change.ts";
import { identityOf } from "../wiring/identity.ts";
import { startNotifying } from "../wiring/notifying.ts";
import { sessionForward } from "../wiring/releasing.ts";
import type { ReleaseView } from "../view/release-view.ts";
import { conclusion, surroundingsOf } from "./conclude.ts";
import { exitCodeOf, type ExitCode } from "./exit-codes.ts";
import { releaseInCluster } from "./in-cluster.ts";
import { observe } from "./observe.ts";
import { openView } from "./open-view.ts";
import { tellPlan } from "./plan.ts";
import { releaseToItsEnd } from "./release-to-its-end.ts";
import { run, type OnTerminate, type RunSignals } from "./run.ts";
import { environmentCommand, type CommonOptions, reportOptions, type ReportOptions } from "./target-options.ts";

interface Options extends CommonOptions, ReportOptions {
  readonly image?: string;
  readonly staged?: boolean;
  readonly plan?: boolean;
  readonly observe?: boolean;
  readonly inCluster?: boolean;
  readonly releaser?: string;
  readonly hotfix?: string;
  readonly supersede?: string;
  readonly commit?: string;
  readonly by?: string;
  readonly onSigterm: OnTerminate;
}

/** Options that ask for different things. */
class ReleaseUsageError extends UserError {
  override readonly name = "ReleaseUsageError";
}

export function releaseCommand(): Command {
  return reportOptions(
    environmentCommand(
      "release",
      "Brings the environment up with the new version at 0 % of the traffic, smoke-tests it through a header, then moves traffic to it step by\n" +
        "step, each judged on evidence. Whatever fails takes it back, in one patch. A release that another process left is taken up.",
      [
        ["release --stack staging", "release what the stack's configuration names"],
        ["release --stack production --image registry.example.com/atom@sha256:…", "release this image"],
        ["release --stack production --plan", "say what would happen, and how sure each step can be"],
        ["release --stack production --hotfix 'payments are down'", "without the waits of the canary; still guarded"],
        ["release --stack production --in-cluster", "run it as a Job, so that this machine may go away"],
      ],
    ),
  )
    .option(
      "--image <reference>",
      "release this image in place of the configured one, until the configuration names another",
    )
    .option("--staged", "release what is staged already: do not run `pulumi up` first")
    .option("--plan", "say what would happen at today's traffic, and change nothing")
    .option("--observe", "judge and report what is staged, or under way, and move nothing")
    .option("--in-cluster", "run the release as a Job in the cluster, and follow it")
    .option("--releaser <reference>", "with --in-cluster: the image of the Job (default: the configured one)")
    .option(
      "--hotfix <reason>",
      "skip the waits and approvals of the canary; every weight is still set, confirmed and guarded",
    )
    .option("--supersede <reason>", "take back a different release that is under way, then release this one")
    .option(
      "--commit <hash>",
      "the commit that is released, for the record (default: the workflow's, else what this folder has checked out)",
    )
    .option("--by <name>", "who releases, for the record (default: this user, or the workflow's run)")
    .addOption(
      new Option(
        "--on-sigterm <action>",
        "what SIGTERM means: take the release back, or leave it to whoever resumes it",
      )
        .choices(["abort", "leave"])
        .default("abort"),
    )
    .action((options: Options) =>
      run({ releases: isOurs(options), onTerminate: options.onSigterm }, async (signals) => {
        check(options);
        using site = await openSite(options);
        using view = openView(options.json, options.observe === true ? "observer" : "releaser");
        return await release({ site, view, options }, signals);
      }),
    );
}

/** Whether this process itself moves anything. */
function isOurs({ plan, observe: observed, inCluster }: Options): boolean {
  return plan !== true && observed !== true && inCluster !== true;
}

interface StagedByProgram {
  readonly plan: ReleasePlan;
  /** The template's digest, where the program has told it. */
  readonly staged: string | undefined;
}

interface Invocation {
  readonly site: Site;
  readonly view: ReleaseView;
  readonly options: Options;
}

async function release({ site, view, options }: Invocation, signals: RunSignals): Promise<ExitCode> {
  const { image, hotfix, supersede, json } = options;
  if (options.plan === true) return await tellPlan({ site, hotfix, json }, signals.any);
  const identity = identityOf(process.env, options.by);
  const change = await changeOf(process.env, { commit: options.commit, folder: process.cwd() });
  const request: ReleaseRequest = { by: identity.by, change, image, hotfix, supersede, staged: stagedOf(process.env) };
  if (options.inCluster === true) {
    const up = options.staged === true ? undefined : stageByProgram(site, view, image);
    for (const name of canaryVariables.filter((each) => process.env[each] !== undefined))
      view.note(
        `${name} counts for releases of this process, and not for that of the Job: it follows the published plan`,
      );
    const prepare = up && (async () => up(await site.store.read(signals.any), signals.any));
    return await releaseInCluster({ site, view, reports: options, request, prepare, image: options.releaser }, signals);
  }
  // A pod that comes when its Job's release is over.
  const earlier =
    options.onSigterm === "leave" ? releaseOfRun(await site.store.read(signals.any), identity.by) : undefined;
  if (earlier !== undefined) {
    await conclusion(earlier, surroundingsOf(site), options);
    return exitCodeOf({ end: "over", state: earlier.state });
  }
  const plan = await planOf(site, signals.any);
  await using notifying = startNotifying({ site, plan, view, variables: process.env, signal: signals.any });
  const { notifier: elsewhere } = notifying;
  const sources = { site, plan, identity, view, environment: process.env, elsewhere };
  using releasing = await sessionForward(sources, signals.any);
  if (options.observe === true)
    return await observe({ site, session: releasing.options, request, view, reports: options }, signals);
  const up = options.staged === true ? undefined : stageByProgram(site, view, image);
  const prepare =
    up && (async (_tools: SessionTools, ledger: Ledger, signal: AbortSignal) => (await up(ledger, signal)).plan);
  return await releaseToItsEnd({ ...releasing.options, prepare }, request, { site, view, reports: options }, signals);
}

/** The published plan, with what this run alone was told. */
async function planOf(site: Site, signal: AbortSignal): Promise<ReleasePlan> {
  return withCanaryVariables(await site.plan(signal), process.env);
}

/** `pulumi up`, then the plan that it published, and the template that it staged. */
function stageByProgram(
  site: Site,
  view: ReleaseView,
  image: string | undefined,
): (ledger: Ledger, signal: AbortSignal) => Promise<StagedByProgram> {
  const { stack, service } = site.target;
  return async (ledger, signal) => {
    if (stack === undefined)
      throw new ReleaseUsageError(
        "To bring the environment up atom must know its stack (--stack). Or release what is staged: --staged.",
      );
    view.note(`bringing the environment ${stack} up: pulumi up stages the new version at 0 % of the traffic`);
    const converged = await converge(
      { stack, service, image, folder: process.cwd(), onOutput: (text) => process.stderr.write(text) },
      signal,
    );
    for (const note of converged.notes) view.note(note);
    const staged = stagedBy(converged, ledger, service);
    return { plan: await planOf(site, signal), staged };
  };
}

/**
 * The template that the program has staged. It stages neither what is quarantined or withdrawn nor what serves; without this the release would
 * only say that nothing is staged, or take pods that are left of another version for what is. Throws a {@link ReleaseRefusedError}.
 */
export function stagedBy(
  { outputs }: Pick<Converged, "outputs">,
  { active, quarantine, withdrawn = [] }: Ledger,
  service: string,
): string | undefined {
  const desired = outputs.services[service];
  if (desired === undefined) return undefined;
  if (desired.staged !== null) return desired.staged.digest;
  const entry = quarantine.find(({ template }) => template === desired.desired);
  if (entry !== undefined) throw new QuarantinedError(entry, entry.template);
  const rolledBack = withdrawn.find(({ template }) => template === desired.desired);
  if (rolledBack !== undefined) throw new WithdrawnError(rolledBack);
  throw new ReleaseRefusedError(
    "nothing_staged",
    `There is nothing to release: ${active} serves ${service} with template ${desired.desired}, which is what was asked for.\n` +
      "Change the stack's configuration (or name an image with --image), so that `pulumi up` stages it.",
  );
}

function check({ plan, observe: observed, inCluster, releaser, hotfix, supersede }: Options): void {
  const chosen = Object.entries({ "--plan": plan, "--observe": observed, "--in-cluster": inCluster }).filter(
    ([, on]) => on === true,
  );
  if (chosen.length > 1)
    throw new ReleaseUsageError(`${chosen.map(([name]) => name).join(" and ")} ask for different things: choose one.`);
  if (releaser !== undefined && inCluster !== true)
    throw new ReleaseUsageError("--releaser names the image of a Job: it goes with --in-cluster.");
  if (observed === true && (hotfix !== undefined || supersede !== undefined))
    throw new ReleaseUsageError("--observe changes nothing, so it takes neither --hotfix nor --supersede.");
  for (const [name, reason] of [
    ["--hotfix", hotfix],
    ["--supersede", supersede],
  ] as const)
    if (reason?.trim() === "") throw new ReleaseUsageError(`${name} needs a reason, for the record.`);
}
