// A cluster in memory with traffic, two slots and releasers that can be killed, stopped and continued, on a clock of its own.
import { formatLedger, initialLedger, parseLedger, type Ledger } from "../../../components/ledger/ledger.ts";
import { slotSelectorLabels } from "../../../components/names/labels.ts";
import { ledgerKey, ledgerName, releasePlanName, slotName } from "../../../components/names/names.ts";
import { slotNames, type SlotName } from "../../../components/names/slot-name.ts";
import { formatReleasePlan } from "../../../components/release-plan/parse-plan.ts";
import { releasePlanKey, type ReleasePlan } from "../../../components/release-plan/release-plan.ts";
import type { FencedWriter, ObjectMeta } from "../../../delivery/cluster/api.ts";
import {
  configMaps,
  deployments,
  services,
  virtualServices,
  type Deployment,
} from "../../../delivery/cluster/resources.ts";
import type { PodSignal } from "../../../delivery/release/ports.ts";
import { MemoryCluster } from "../support/memory-cluster.ts";
import { releasePlan } from "../support/plans.ts";
import { VirtualClock } from "../support/virtual-clock.ts";
import { Releaser } from "./releaser.ts";

export interface Counters {
  readonly at: number;
  readonly candidate: { readonly requests: number; readonly errors: number; readonly slow: number };
  readonly active: { readonly requests: number; readonly errors: number; readonly slow: number };
}

export const namespace = "atom-staging";
export const service = "atom";
/** Where users are served, of a Service. */
export const httpPort = { name: "http", port: 8000, targetPort: "http" } as const;
export const templates = { blue: "aaaaaaaaaaaa", green: "bbbbbbbbbbbb" } as const;

export class World {
  readonly clock = new VirtualClock();
  readonly cluster = new MemoryCluster();
  readonly plan: ReleasePlan;
  readonly troubles: string[] = [];
  /** Every change of the candidate's share, in percent. */
  readonly shares: number[] = [0];

  requestsPerSecond = 100;
  /** Shares of the candidate's and the active slot's requests that go wrong. */
  errors = { candidate: 0, active: 0 };
  slow = { candidate: 0, active: 0 };
  restarts = 0;
  /** The candidate's pods that should serve and do not. */
  down: readonly PodSignal[] = [];
  /** What happened to the candidate's pods. */
  signals: readonly PodSignal[] = [];
  /** What the guard complains of. */
  guardProblems: readonly string[] = [];
  /** Whether the candidate's pods answer the guard. */
  readable = true;
  smokePasses = { candidate: true, public: true };
  /** Whether requests by the canary route are answered by somebody else. */
  strays = false;
  /** The slots that the canary route led to when a smoke test went by it. */
  readonly smoked: (SlotName | undefined)[] = [];
  /** What the data plane says of a weight that is set. */
  confirms: "confirmed" | "pending" | "contradicted" | "unknown" = "confirmed";
  /** A gateway that follows the weights later than the others: its share of the requests, and by how many milliseconds. */
  lateGateway: { readonly share: number; readonly ms: number } | undefined;
  /** Requests that came to the candidate while none of its pods was ready. */
  lost = 0;
  /** What that gateway still goes by. */
  #late: number | undefined;
  /** `null`: there is no Prometheus; `down`: there is one that cannot be asked. */
  prometheus: "up" | "down" | null = "up";
  /** Why the candidate's pods do not become ready; "" without a known reason. */
  unready: string | undefined;
  /** How long a pod takes from its start until it is ready, in milliseconds. */
  startMs = 0;
  /** Which slots get no pods that become ready. */
  barren: readonly SlotName[] = [];
  /** The most pods that a slot may have: its Deployment may ask for more. */
  readonly quota: Record<SlotName, number> = { blue: Infinity, green: Infinity };

  #released: SlotName = "green";
  #green = 0;
  /** What the Service of the service's own name selected, with the candidate's share at that moment. */
  readonly selected: { readonly slot: SlotName; readonly percent: number }[] = [{ slot: "blue", percent: 0 }];
  /** Why that Service cannot be written. */
  serviceRefuses: Error | undefined;

  #log: Counters[];
  /** The ledger as it was read last: whoever looks at it ten times a second mostly finds the same. */
  #parsed: { readonly text: string; readonly ledger: Ledger } | undefined;
  #releasers = 0;
  /** Ready pods. */
  readonly #ready = { blue: 0, green: 0 };

  constructor(plan: ReleasePlan = releasePlan()) {
    this.plan = plan;
    const nothing = { requests: 0, errors: 0, slow: 0 };
    this.#log = [{ at: this.clock.now(), candidate: nothing, active: nothing }];
    this.cluster.clock = this.clock;
    this.cluster.stored = (resource, object) => {
      if (resource.plural === "deployments") return this.#run(object);
      if (resource.plural === "virtualservices")
        this.#route((object as { spec?: { http?: unknown[] } }).spec?.http?.[0]);
      return object;
    };
    this.cluster.put(configMaps, {
      metadata: { namespace, name: ledgerName(service) },
      data: { [ledgerKey]: formatLedger(initialLedger(service)) },
    });
    this.cluster.put(virtualServices, { metadata: { namespace, name: service }, spec: { http: [{ percent: 0 }] } });
    this.publish(plan);
    this.cluster.put(services, { metadata: { namespace, name: service }, spec: {} });
    for (const slot of slotNames) {
      this.stage(slot, templates[slot]);
      this.serve(slot);
    }
  }

  /** Makes the Service of a slot as `pulumi up` does. */
  serve(slot: SlotName): void {
    this.cluster.put(services, {
      metadata: { namespace, name: slotName(service, slot) },
      spec: { selector: slotSelectorLabels(service, slot), ports: [httpPort] },
    });
  }

  /** What `pulumi up` does with the release plan. */
  publish(plan: ReleasePlan): void {
    this.cluster.put(configMaps, {
      metadata: { namespace, name: releasePlanName(service) },
      data: { [releasePlanKey]: formatReleasePlan(plan) },
    });
  }

  /** What `kubectl set env` does. */
  setEnv(slot: SlotName, value: string): void {
    this.#edit(slot, (container) => ({ ...container, env: [{ name: "HOTPATCH", value }] }));
  }

  /** What `kubectl set image` does. */
  setImage(slot: SlotName, image: string): void {
    this.#edit(slot, (container) => ({ ...container, image }));
  }

  /** Moves traffic by hand: the released slot's weight. */
  setWeight(percent: number): void {
    this.editRoute({ percent: this.#released === "green" ? percent : 100 - percent });
  }

  /** What `kubectl edit virtualservice` does. */
  editRoute(fields: object): void {
    const live = this.cluster.peek(virtualServices, { namespace, name: service });
    const http = live.spec?.http?.map((route) => ({ ...(route as object), ...fields }));
    this.cluster.put(virtualServices, {
      ...live,
      metadata: byHand(live.metadata, "kubectl-edit"),
      spec: { ...live.spec, ...(http && { http }) },
    });
  }

  #edit(slot: SlotName, change: (container: { readonly name: string }) => { readonly name: string }): void {
    const live = this.cluster.peek(deployments, { namespace, name: slotName(service, slot) });
    const { template } = live.spec ?? {};
    const containers = template?.spec?.containers?.map(change);
    const edited = { ...template, spec: { ...template?.spec, ...(containers && { containers }) } };
    this.cluster.put(deployments, {
      ...live,
      metadata: byHand(live.metadata, "kubectl-set"),
      spec: { ...live.spec, template: edited },
    });
  }

  /** What `pulumi up` does. */
  stage(slot: SlotName, template: string, replicas = this.plan.replicas): void {
    this.cluster.put(deployments, {
      metadata: { namespace, name: slotName(service, slot) },
      spec: {
        replicas,
        template: {
          metadata: {
            labels: {
              "atom.dev/slot": slot,
              "atom.dev/template": template,
              "app.kubernetes.io/version": `v-${template.slice(0, 1)}`,
            },
          },
          spec: { containers: [{ name: "atom", image: `registry.test/atom:${template.slice(0, 1)}` }] },
        },
      },
    });
  }

  releaser(): Releaser {
    this.#releasers += 1;
    return new Releaser(this, `releaser ${this.#releasers}`);
  }

  get ledger(): Ledger {
    const { data } = this.cluster.peek(configMaps, { namespace, name: ledgerName(service) });
    const text = data?.[ledgerKey] ?? "";
    if (this.#parsed?.text !== text) this.#parsed = { text, ledger: parseLedger(text, "in memory", service) };
    return this.#parsed.ledger;
  }

  /** The candidate's share of the requests, in percent. */
  get percent(): number {
    return this.share(this.#released);
  }

  /** A slot's share of the requests, in percent. */
  share(slot: SlotName): number {
    return slot === "green" ? this.#green : 100 - this.#green;
  }

  /** Where requests with the canary header are led; `undefined` without a route for them. */
  get canary(): SlotName | undefined {
    const { spec } = this.cluster.peek(virtualServices, { namespace, name: service });
    return (spec?.http?.[0] as { readonly canary?: SlotName }).canary;
  }

  /** The slot of the candidate, which is what shares and counts are of. */
  set released(slot: SlotName) {
    if (slot === this.#released) return;
    this.counters();
    this.#released = slot;
    this.#log = this.#log.map(({ at, candidate, active }) => ({ at, candidate: active, active: candidate }));
    this.#note();
  }

  replicas(slot: SlotName): number {
    return this.cluster.find(deployments, { namespace, name: slotName(service, slot) })?.spec?.replicas ?? 0;
  }

  /** What `kubectl scale` does, or an autoscaler. */
  scale(slot: SlotName, replicas: number): void {
    const live = this.cluster.peek(deployments, { namespace, name: slotName(service, slot) });
    this.cluster.put(deployments, { ...live, spec: { ...live.spec, replicas } });
  }

  /** Pods go, whoever takes them, and the Deployment makes new ones. */
  lose(slot: SlotName, pods: number): void {
    this.#ready[slot] = Math.max(0, this.#ready[slot] - pods);
    this.scale(slot, this.replicas(slot));
  }

  /** One more pod becomes ready. */
  start(slot: SlotName): void {
    this.#ready[slot] = Math.min(this.#ready[slot] + 1, this.replicas(slot));
    this.scale(slot, this.replicas(slot));
  }

  ready(slot: SlotName): number {
    return this.#ready[slot];
  }

  /** Ready pods that users reach. */
  reachable(slot: SlotName): number {
    return this.#ready[slot];
  }

  /** Whether requests go to a slot without such pods while the other one has some. */
  get isMisled(): boolean {
    const [blue, green] = [this.reachable("blue"), this.reachable("green")];
    return (this.#green < 100 && blue === 0 && green > 0) || (this.#green > 0 && green === 0 && blue > 0);
  }

  /** What the router does with the Service of the service's own name. */
  selectSlot: (slot: SlotName, writer: FencedWriter, signal: AbortSignal) => Promise<boolean> = (slot) => {
    if (this.serviceRefuses !== undefined) return Promise.reject(this.serviceRefuses);
    if (this.selected.at(-1)?.slot !== slot) this.selected.push({ slot, percent: this.percent });
    return Promise.resolve(false);
  };

  /** Lines of the journal of the release under way, or of the last one. */
  get journal(): Ledger["releases"][number]["journal"] {
    const { current, releases } = this.ledger;
    return current?.journal ?? releases[0]?.journal ?? [];
  }

  get events(): string[] {
    return this.journal.map(({ event }) => event);
  }

  /** What was served until now. */
  counters(): Counters {
    const last = this.#log.at(-1);
    if (last === undefined) throw new Error("the log begins with an entry");
    const now = this.clock.now();
    const requests = (this.requestsPerSecond * (now - last.at)) / 1000;
    const grown = (kind: "candidate" | "active", share: number): Counters["candidate"] => ({
      requests: last[kind].requests + requests * share,
      errors: last[kind].errors + requests * share * this.errors[kind],
      slow: last[kind].slow + requests * share * this.slow[kind],
    });
    const late = this.lateGateway?.share ?? 0;
    const followed = this.#green * (1 - late) + (this.#late ?? this.#green) * late;
    const share = (this.#released === "green" ? followed : 100 - followed) / 100;
    if (this.#ready[this.#released] === 0) this.lost += requests * share;
    const counters = { at: now, candidate: grown("candidate", share), active: grown("active", 1 - share) };
    if (now > last.at) this.#log.push(counters);
    return counters;
  }

  /** What was served between two instants. */
  servedSince(since: number): Counters {
    const now = this.counters();
    const from = this.#log.find(({ at }) => at >= since) ?? now;
    const difference = (kind: "candidate" | "active"): Counters["candidate"] => ({
      requests: Math.floor(now[kind].requests) - Math.floor(from[kind].requests),
      errors: Math.floor(now[kind].errors) - Math.floor(from[kind].errors),
      slow: Math.floor(now[kind].slow) - Math.floor(from[kind].slow),
    });
    return { at: now.at, candidate: difference("candidate"), active: difference("active") };
  }

  #route(route: unknown): void {
    const { percent } = route as { percent: number };
    this.counters();
    if (this.lateGateway !== undefined) {
      this.#late = this.#green;
      void this.clock.sleep(this.lateGateway.ms, new AbortController().signal).then(() => {
        this.counters();
        this.#late = undefined;
      });
    }
    this.#green = percent;
    this.#note();
  }

  #note(): void {
    if (this.shares.at(-1) !== this.percent) this.shares.push(this.percent);
  }

  /** Ready pods of a slot that is to have so many, for the moment; the rest comes when they have started. */
  #start(slot: SlotName, replicas: number): number {
    const now = this.#ready[slot];
    if (replicas <= now) return replicas;
    if (this.barren.includes(slot)) return now;
    if (this.startMs === 0) return replicas;
    const isStarted = (): void => {
      const wanted = this.replicas(slot);
      if (this.barren.includes(slot) || this.#ready[slot] >= wanted) return;
      this.#ready[slot] += 1;
      this.scale(slot, wanted);
    };
    void this.clock.sleep(this.startMs, new AbortController().signal).then(isStarted);
    return now;
  }

  #run(deployment: Deployment): Deployment {
    const replicas = deployment.spec?.replicas ?? 0;
    const template = deployment.spec?.template?.metadata?.labels?.["atom.dev/template"];
    const slot = deployment.metadata.name === slotName(service, "blue") ? "blue" : "green";
    this.counters();
    const ready = this.unready !== undefined && template !== templates.blue ? 0 : this.#start(slot, replicas);
    this.#ready[slot] = ready;
    const conditions =
      this.unready === undefined || this.unready === ""
        ? []
        : [{ type: "Progressing", status: "False", reason: "ProgressDeadlineExceeded", message: this.unready }];
    const status = { replicas, updatedReplicas: replicas, readyReplicas: ready, availableReplicas: ready, conditions };
    return { ...deployment, status };
  }
}

export function byHand(metadata: ObjectMeta, manager: string): ObjectMeta {
  return { ...metadata, managedFields: [{ manager, time: "2026-01-01T00:00:00Z" }] };
}
