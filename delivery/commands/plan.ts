import { describeForecast, type ForecastSubject } from "../forecast/describe.ts";
import { forecast } from "../forecast/forecast.ts";
import { describeTraffic, todaysTraffic } from "../forecast/traffic.ts";
import { otherSlot } from "../../components/names/slot-name.ts";
import { withCanaryVariables } from "../plan/canary-variables.ts";
import { connectPrometheus } from "../prometheus/connect.ts";
import { subjectOf } from "../release/opening.ts";
import { hotfixPlan } from "../release/subject.ts";
import { lookAt } from "../target/look.ts";
import type { Site } from "../target/site.ts";
import { podGuard } from "../wiring/adapters.ts";
import { isInCluster } from "../wiring/releasing.ts";
import { exitCodes, type ExitCode } from "./exit-codes.ts";

export interface PlanOptions {
  readonly site: Site;
  readonly hotfix: string | undefined;
  readonly json: boolean | undefined;
}

/** Says what a release would do at today's traffic. Changes nothing. */
export async function tellPlan({ site, hotfix, json }: PlanOptions, signal: AbortSignal): Promise<ExitCode> {
  const { cluster, clock } = site;
  const published = withCanaryVariables(await site.plan(signal), process.env);
  const plan = hotfix === undefined ? published : hotfixPlan(published);
  const { ledger, slots } = await lookAt(site, signal);
  const { active, current } = ledger;
  using prometheus = await connectPrometheus(plan.prometheus, process.env, { clock });
  const traffic = await todaysTraffic(
    {
      prometheus,
      guard: podGuard({ cluster, clock }, plan, isInCluster(site, process.env)),
      clock,
      plan,
      active,
      candidate: current === null ? undefined : subjectOf(current, plan).candidate,
    },
    signal,
  );
  const result = forecast(plan, traffic.known ? traffic.perSecond : undefined);
  const serving = slots?.[active].staged;
  const idle = slots?.[otherSlot(active)];
  const about: ForecastSubject = {
    from: serving && { slot: active, version: serving.version },
    to:
      idle?.staged === undefined || idle.desiredReplicas === 0 || idle.staged.template === serving?.template
        ? undefined
        : { ...idle.staged, slot: otherSlot(active), staged: true },
    traffic: describeTraffic(traffic),
    hotfix,
  };
  if (json === true) process.stdout.write(`${JSON.stringify({ ...about, forecast: result })}\n`);
  else process.stdout.write(`${describeForecast(result, plan, about).join("\n")}\n`);
  return exitCodes.ok;
}
