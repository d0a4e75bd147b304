// A world that does not stand still: autoscalers that follow the load, Services, and whoever changes what a release has changed.
import type { BySlot, SlotName } from "../../../components/names/slot-name.ts";
import { slotSelectorLabels } from "../../../components/names/labels.ts";
import { slotName } from "../../../components/names/names.ts";
import { slotNames } from "../../../components/names/slot-name.ts";
import type { ReleasePlan } from "../../../components/release-plan/release-plan.ts";
import {
  horizontalPodAutoscalers,
  services,
  type HorizontalPodAutoscaler,
  type Service,
} from "../../../delivery/cluster/resources.ts";
import { IstioRouter } from "../../../delivery/router/istio.ts";
import { byHand, httpPort, namespace, service, World } from "./world.ts";

/** Between two looks of the autoscalers, in milliseconds. They take pods away at once: real ones wait for minutes. */
const syncEvery = 5_000;

export class MovingWorld extends World {
  /** Pods that all requests together need. */
  load = 2;
  /** What users, or `up`, want the autoscalers' minima to be. */
  readonly wantedMinimum: Record<SlotName, number>;
  /** Instants of the monotonic clock at which somebody else than the releaser last wrote to it. */
  readonly touched = { weight: -Infinity, selector: -Infinity, blue: -Infinity, green: -Infinity };

  constructor(plan: ReleasePlan, minima: BySlot<number>, maxReplicas: number) {
    super(plan);
    this.wantedMinimum = { ...minima };
    const routes = { service, port: 8000, timeout: 30_000, retries: { attempts: 0, perTryTimeout: 0, on: [] } };
    const served = { servedSince: () => Promise.resolve([]) };
    this.selectSlot = (slot, writer, signal) =>
      new IstioRouter({ writer, namespace, http: routes, shares: [], served }).selectSlot(slot, signal);
    for (const slot of slotNames) {
      const metadata = { namespace, name: slotName(service, slot) };
      const scaleTargetRef = { kind: "Deployment", name: slotName(service, slot) };
      this.cluster.put(horizontalPodAutoscalers, {
        metadata,
        spec: { scaleTargetRef, minReplicas: minima[slot], maxReplicas },
      });
    }
    const selector = slotSelectorLabels(service, "blue");
    this.cluster.put(services, { metadata: { namespace, name: service }, spec: { selector, ports: [httpPort] } });
  }

  /** What the controller of the HorizontalPodAutoscalers does; rejects with the signal's reason. */
  async autoscale(signal: AbortSignal): Promise<never> {
    for (;;) {
      await this.clock.sleep(syncEvery, signal);
      for (const slot of slotNames) {
        const { minReplicas = 1, maxReplicas = 1 } = this.autoscaler(slot).spec ?? {};
        const now = this.replicas(slot);
        const wanted = Math.ceil((this.load * this.share(slot)) / 100);
        const replicas = Math.min(Math.max(wanted, minReplicas), maxReplicas);
        // One without pods is not scaled by its load.
        if (now > 0 && replicas !== now) super.scale(slot, replicas);
      }
    }
  }

  autoscaler(slot: SlotName): HorizontalPodAutoscaler {
    return this.cluster.peek(horizontalPodAutoscalers, { namespace, name: slotName(service, slot) });
  }

  /**
   * What `kubectl patch hpa` does, or `up`. The API server takes no minimum above the maximum; a minimum that a releaser has set before
   * nobody can tell from the releaser's own.
   */
  bound(slot: SlotName, bounds: { readonly minReplicas?: number; readonly maxReplicas?: number }): void {
    const live = this.autoscaler(slot);
    const { minReplicas = 1, maxReplicas = 1, ...spec } = { ...live.spec, ...bounds };
    if (minReplicas > maxReplicas || this.#isReleasers(slot, bounds.minReplicas)) return;
    if (bounds.minReplicas !== undefined) this.wantedMinimum[slot] = bounds.minReplicas;
    this.cluster.put(horizontalPodAutoscalers, { ...live, spec: { ...spec, minReplicas, maxReplicas } });
  }

  #isReleasers(slot: SlotName, minReplicas: number | undefined): boolean {
    const { plural } = horizontalPodAutoscalers;
    return this.cluster.writes.some(
      (write) =>
        write.plural === plural &&
        write.name === slotName(service, slot) &&
        (write.object as HorizontalPodAutoscaler).spec?.minReplicas === minReplicas,
    );
  }

  override scale(slot: SlotName, replicas: number): void {
    if (replicas !== this.replicas(slot)) this.touched[slot] = this.clock.monotonic();
    super.scale(slot, replicas);
  }

  override setWeight(percent: number): void {
    this.touched.weight = this.clock.monotonic();
    super.setWeight(percent);
  }

  /** The slot that the Service of the service's own name selects. */
  get selectedSlot(): SlotName | undefined {
    return slotNames.find((slot) => this.#service(service).spec?.selector?.["atom.dev/slot"] === slot);
  }

  /** What `kubectl set selector` does. */
  select(slot: SlotName): void {
    this.touched.selector = this.clock.monotonic();
    this.#editService(service, { selector: slotSelectorLabels(service, slot) });
  }

  /** What `kubectl delete service` does to a slot's own. */
  async unserve(slot: SlotName): Promise<void> {
    if (this.#isServed(slot))
      await this.cluster.client("kubectl").delete(services, { namespace, name: slotName(service, slot) });
  }

  #isServed(slot: SlotName): boolean {
    return this.cluster.find(services, { namespace, name: slotName(service, slot) }) !== undefined;
  }

  /** Ready pods that users reach. */
  override reachable(slot: SlotName): number {
    return this.#isServed(slot) ? this.ready(slot) : 0;
  }

  /** What `kubectl edit service` does to a slot's own. */
  setPort(slot: SlotName, port: number): void {
    if (!this.#isServed(slot)) return;
    this.#editService(slotName(service, slot), { ports: [httpPort, { name: "debug", port }] });
  }

  #service(name: string): Service {
    return this.cluster.peek(services, { namespace, name });
  }

  #editService(name: string, fields: NonNullable<Service["spec"]>): void {
    const live = this.#service(name);
    const metadata = byHand(live.metadata, "kubectl-edit");
    this.cluster.put(services, { ...live, metadata, spec: { ...live.spec, ...fields } });
  }
}
