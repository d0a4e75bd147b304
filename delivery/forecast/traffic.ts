// What reaches the service today, so that a plan can be told in times.
import { otherSlot } from "../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import { write } from "../../components/slo/selector.ts";
import { sourcesOf } from "../../components/slo/sources.ts";
import { isProblem, readValue } from "../gate/measurement.ts";
import type { PrometheusClient } from "../prometheus/client.ts";
import { DeadlineError, within } from "../release/deadline.ts";
import type { Candidate, Clock, Guard, GuardSnapshot, GuardWatch, Slot } from "../release/ports.ts";

/** Requests a second at both slots together, or why they are not known. */
export type Traffic =
  | { readonly known: true; readonly perSecond: number; readonly from: "prometheus" | "pods" }
  | { readonly known: false; readonly why: string };

export interface TrafficSources {
  /** Or why there is none to ask. */
  readonly prometheus:
    { readonly ok: true; readonly client: PrometheusClient } | { readonly ok: false; readonly why: string };
  /** Asked where Prometheus does not know. */
  readonly guard: Guard;
  readonly clock: Clock;
  readonly plan: Pick<ReleasePlan, "namespace" | "service" | "thresholds">;
  /** The slot that serves. */
  readonly active: Slot;
  /** What is in the other one, while a release is under way. @default nothing that users reach */
  readonly candidate?: Candidate | undefined;
}

/** How far Prometheus looks back. */
const lookback = "5m";
/** Between the pods' first reading and the last, in milliseconds: enough for a rate, and not too long to wait for. */
const podsFor = 5_000;
/** After that the pods are given up, in milliseconds. */
const podsDeadline = 15_000;

/**
 * Today's traffic: from Prometheus, over the last five minutes; where that does not know it, from the pods' own counters, over five
 * seconds. Not to know it is an answer; rejects with the signal's reason alone.
 */
export async function todaysTraffic(sources: TrafficSources, signal: AbortSignal): Promise<Traffic> {
  const asked = await fromPrometheus(sources, signal);
  if (asked.known) return asked;
  const read = await fromPods(sources, signal);
  return read.known ? read : { known: false, why: `${asked.why}; ${read.why}` };
}

/** For people: where it is known from, or why it is not. */
export function describeTraffic(traffic: Traffic): string {
  if (!traffic.known) return traffic.why;
  return traffic.from === "prometheus" ? "Prometheus, over the last 5 minutes" : "the pods' counters, over 5 seconds";
}

/** All of the service's requests: the sum of a rate, which is nothing where nothing was scraped, and 0 only where nobody asked for anything. */
export function trafficQuery(namespace: string, service: string): string {
  const { metric, matchers } = sourcesOf(namespace, service).requests;
  return `sum(rate(${write({ metric, matchers })}[${lookback}]))`;
}

async function fromPrometheus({ prometheus, plan }: TrafficSources, signal: AbortSignal): Promise<Traffic> {
  if (!prometheus.ok) return { known: false, why: `no Prometheus: ${prometheus.why}` };
  const { answer } = await prometheus.client.query(trafficQuery(plan.namespace, plan.service), signal);
  const value = readValue("requests a second", answer);
  if (!isProblem(value)) return { known: true, perSecond: Math.max(0, value), from: "prometheus" };
  return { known: false, why: `Prometheus does not know: ${value.detail.replace(/\.$/, "")}` };
}

async function fromPods(
  { guard, clock, plan, active, candidate }: TrafficSources,
  signal: AbortSignal,
): Promise<Traffic> {
  // Of the other slot's pods none has this template, so that none is counted.
  const nobody: Candidate = { slot: otherSlot(active), template: "none", version: "", image: "" };
  const watch: GuardWatch = { candidate: candidate ?? nobody, active, slowAbove: plan.thresholds.latency.seconds };
  let last: GuardSnapshot | undefined;
  try {
    return await within(clock, podsDeadline, signal, async (limited) => {
      let first: GuardSnapshot | undefined;
      for await (const snapshot of guard.watch(watch, limited)) {
        last = snapshot;
        if (!isWhole(snapshot)) continue;
        first ??= snapshot;
        const seconds = (snapshot.at - first.at) / 1000;
        if (seconds >= podsFor / 1000)
          return { known: true, perSecond: (requestsOf(snapshot) - requestsOf(first)) / seconds, from: "pods" };
      }
      limited.throwIfAborted();
      throw new Error("the guard ended by itself");
    });
  } catch (error) {
    if (!(error instanceof DeadlineError)) throw error;
    return { known: false, why: whyNot(last, active) };
  }
}

/** Whether all of the serving pods told what they counted: a part of them would make the traffic look small. */
function isWhole({ active }: GuardSnapshot): boolean {
  return active.pods > 0 && active.read === active.pods;
}

function requestsOf({ candidate, active }: GuardSnapshot): number {
  return candidate.requests + active.requests;
}

function whyNot(last: GuardSnapshot | undefined, active: Slot): string {
  if (last === undefined) return "the pods were not read in time";
  const [problem] = last.problems;
  if (last.active.pods === 0) return `${active} has no pods to ask${problem === undefined ? "" : ` (${problem})`}`;
  return `${last.active.read} of the ${last.active.pods} pods in ${active} tell what they served${problem === undefined ? "" : ` (${problem})`}`;
}
