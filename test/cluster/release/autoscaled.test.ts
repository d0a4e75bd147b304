import assert from "node:assert/strict";
import { otherSlot, slotNames, type BySlot, type SlotName } from "../../../components/names/slot-name.ts";
import type { PartOnRequest } from "../../../platform/cluster/cluster.ts";
import { clusterDeadlineMs, clusterWith } from "../../support/cluster.ts";
import { eventually } from "../../support/eventually.ts";
import { noneFailed, type Load } from "../../support/load.ts";
import { ReleaseStack, warningThresholds, type ReleaseSettings } from "../support/release-stack.ts";
import { signalAt } from "../support/signal-at.ts";
import { expireLease } from "../support/staging.ts";
import { atom, type Setting } from "../support/test-stack.ts";

/** Pods of each slot: those of the stack's file, and those that its autoscaler may make of them. */
const fewest = 1;
const most = 3;
/** What the autoscaler keeps each pod's CPU at, in percent of its request. */
const utilization = 70;
/**
 * The kubelet counts every ten seconds, metrics-server asks it as often, the autoscalers look every fifteen, and a pod's start takes some on
 * two busy cores, in milliseconds.
 */
const scaledWithinMs = 180_000;

/** Steps that a busy machine's latency does not decide. */
const steps: ReleaseSettings = {
  thresholds: warningThresholds,
  steps: [
    { weight: 50, wait: "2s" },
    { weight: 100, wait: "2s" },
  ],
};
/** Long enough for an autoscaler to see that nobody asks the old slot any more. */
const longSoak = "10m";

/** A HorizontalPodAutoscaler's, in percent of the pods' requests; absent until it has one. */
interface CpuReading {
  readonly resource?: { readonly current: { readonly averageUtilization?: number } };
}

/** What scales the two slots, and where it keeps what a release and these tests look at. */
interface Scaling {
  readonly title: string;
  readonly stack: string;
  /** What the cluster has for it. */
  readonly part: PartOnRequest;
  readonly settings: readonly Setting[];
  /** Made by hand beside the stack. */
  readonly objects: readonly object[];
  /** Which object has a slot's fewest pods, and in which field of its `spec`. */
  readonly minimum: { readonly object: (slot: SlotName) => string; readonly field: string };
  /** The HorizontalPodAutoscaler that scales a slot. */
  readonly autoscaler: (slot: SlotName) => string;
  /** The `spec` of {@link minimum}'s object with a way to scale; null for the usual one. */
  readonly behaving: (behavior: object | null) => object;
}

const scalings: readonly Scaling[] = [
  {
    title: "A service whose autoscalers follow its load",
    stack: "autoscaled",
    part: "metrics-server",
    settings: [[atom("autoscaling"), { maxReplicas: most, cpuUtilization: utilization }]],
    objects: [],
    minimum: { object: (slot) => `hpa/atom-${slot}`, field: "minReplicas" },
    autoscaler: (slot) => `hpa/atom-${slot}`,
    behaving: (behavior) => ({ behavior }),
  },
  {
    title: "A service that KEDA scales by its load",
    stack: "scaled-objects",
    part: "keda",
    settings: [],
    objects: slotNames.map((slot) => ({
      apiVersion: "keda.sh/v1alpha1",
      kind: "ScaledObject",
      metadata: { name: `atom-${slot}` },
      spec: {
        scaleTargetRef: { name: `atom-${slot}` },
        minReplicaCount: fewest,
        maxReplicaCount: most,
        triggers: [{ type: "cpu", metricType: "Utilization", metadata: { value: String(utilization) } }],
      },
    })),
    minimum: { object: (slot) => `scaledobject/atom-${slot}`, field: "minReplicaCount" },
    autoscaler: (slot) => `hpa/keda-hpa-atom-${slot}`,
    behaving: (behavior) => ({ advanced: { horizontalPodAutoscalerConfig: { behavior } } }),
  },
];

for (const scaling of scalings)
  describe(scaling.title, function () {
    this.timeout(600_000);
    clusterWith(scaling.part);
    let stack: ReleaseStack;
    let versions = 0;

    before(async function () {
      this.timeout(clusterDeadlineMs);
      stack = await ReleaseStack.create(
        scaling.stack,
        [atom("replicas"), fewest],
        [atom("resources"), { requests: { cpu: "80m", memory: "96Mi" }, limits: { memory: "512Mi" } }],
        ...scaling.settings,
      );
      await stack.stack.create(...scaling.objects);
    });

    after(async () => {
      await stack[Symbol.asyncDispose]();
    });

    /** So many requests that one slot's pods alone want to be more than there may be. */
    function users(): Load {
      return stack.load({ clients: 8, pauseMs: 5, maxRequests: 1_000_000 });
    }

    /** Waits until a slot has so many ready pods, and no other. */
    async function runs(slot: SlotName, pods: number): Promise<void> {
      await eventually(
        `${slot} runs ${pods} pods`,
        async () => {
          const { desired, ready, exist } = await stack.replicas(slot);
          return desired === pods && ready === pods && exist === pods ? true : undefined;
        },
        scaledWithinMs,
      );
    }

    /** Meanwhile a slot's autoscaler takes pods away as soon as they are not needed, and not after five minutes. */
    async function whileItShrinksAtOnce(slot: SlotName, work: () => Promise<void>): Promise<void> {
      const { kubectl, namespace } = stack.stack;
      const behave = (behavior: object | null): Promise<void> =>
        kubectl.patch(namespace, scaling.minimum.object(slot), "test", { spec: scaling.behaving(behavior) });
      await behave({ scaleDown: { stabilizationWindowSeconds: 0 } });
      try {
        await work();
      } finally {
        await behave(null);
      }
    }

    /** Waits until a slot's autoscaler reads that nobody uses its pods, and has left it as few as may be. */
    async function isIdle(slot: SlotName): Promise<void> {
      await whileItShrinksAtOnce(slot, async () => {
        await eventually(
          `the autoscaler of ${slot} reads that its pods are idle`,
          async () => {
            const { status } = await stack.stack.get(scaling.autoscaler(slot));
            const [reading] = (status?.currentMetrics ?? []) as readonly CpuReading[];
            return (reading?.resource?.current.averageUtilization ?? utilization) < utilization ? true : undefined;
          },
          scaledWithinMs,
        );
        await runs(slot, fewest);
      });
    }

    async function minima(): Promise<BySlot<unknown>> {
      const { object, field } = scaling.minimum;
      const [blue, green] = await Promise.all(slotNames.map((slot) => stack.stack.get(object(slot))));
      return { blue: blue?.spec[field], green: green?.spec[field] };
    }

    /** Waits until nothing but its minimum keeps an autoscaler from taking pods of a slot away. */
    async function isKeptByItsMinimum(slot: SlotName): Promise<void> {
      await eventually(
        `the autoscaler of ${slot} wants fewer pods than its minimum`,
        async () => {
          const { status } = await stack.stack.get(scaling.autoscaler(slot));
          const conditions = (status?.conditions ?? []) as readonly {
            readonly type: string;
            readonly reason: string;
          }[];
          return conditions.some(({ type, reason }) => type === "ScalingLimited" && reason === "TooFewReplicas")
            ? true
            : undefined;
        },
        scaledWithinMs,
      );
    }

    /** Stages a new version, once as many pods serve as may. Resolves with the slots' names. */
    async function stageAtFullSize(soak: string): Promise<{ readonly active: SlotName; readonly candidate: SlotName }> {
      const { active } = await stack.stack.ledger();
      await runs(active, most);
      versions += 1;
      await stack.stage({ env: { FEATURE: `autoscaled ${versions}` }, release: { ...steps, soak } });
      assert.equal((await stack.replicas(active)).ready, most, "`up` leaves the pods of an autoscaler");
      assert.deepEqual(await minima(), { blue: fewest, green: fewest });
      return { active, candidate: otherSlot(active) };
    }

    it("has more pods when its users are more, and fewer when they are gone", async () => {
      const { active } = await stack.stack.ledger();
      await isIdle(active);
      await using load = users();
      await runs(active, most);
      const { service } = (await stack.stack.get("apiservice/v1beta1.metrics.k8s.io")).spec;
      assert.deepEqual(service, { namespace: "kube-system", name: "metrics-server", port: 443 });
      noneFailed(await load.stop());
      await isIdle(active);
    });

    it("is released with the pods that serve now, also when the releaser is killed, and has its minima back", async () => {
      await using load = users();
      const { active, candidate } = await stageAtFullSize("30s");
      const half = Math.ceil(most / 2);

      const moment = { signal: "SIGKILL", when: "after", what: { event: "confirmed" }, nth: 1 } as const;
      const killed = await stack.start(["release", "--staged"], signalAt(moment)).ended;
      assert.equal(killed.code, null, killed.stderr);
      const [left, old, next] = await Promise.all([minima(), stack.replicas(active), stack.replicas(candidate)]);
      await expireLease(stack.stack);
      assert.deepEqual(left, { [active]: most, [candidate]: half });
      assert.ok(old.ready === most && next.ready >= half, JSON.stringify({ old, next }));
      await using resumed = stack.start(["resume"]);
      await stack.reaches(resumed, ["soaking"]);
      assert.deepEqual(await minima(), { [active]: most, [candidate]: most });
      assert.equal((await stack.replicas(active)).ready, most);
      assert.equal((await stack.replicas(candidate)).ready, most);
      const { code, ledger, record, stderr } = await stack.outcome(resumed);
      assert.equal(code, 0, stderr);
      assert.deepEqual([record.state.phase, ledger.active], ["released", candidate]);
      const needed = `where 50 % of the traffic needs ${half} (${most} serve in ${active})`;
      assert.ok(record.journal.some(({ event, detail }) => event === "noted" && detail.includes(needed)));
      assert.deepEqual(await minima(), { blue: fewest, green: fewest });
      noneFailed(await load.stop());
    });

    it("rolls back from the soak to the pods that the old slot served with, whatever its autoscaler makes of it", async () => {
      await using load = users();
      const { active, candidate } = await stageAtFullSize(longSoak);
      await using process = stack.start(["release", "--staged"]);
      await stack.reaches(process, ["soaking"]);
      assert.equal((await stack.replicas(candidate)).ready, most);
      await whileItShrinksAtOnce(active, () => isKeptByItsMinimum(active));
      assert.equal((await stack.replicas(active)).ready, most);
      const aborted = await stack.atom(["abort", "--reason", "the drill is over"]);
      assert.equal(aborted.code, 0, aborted.stderr);
      const { code, ledger, record, stderr } = await stack.outcome(process);
      assert.equal(code, 10, stderr);
      assert.deepEqual([record.outcome, ledger.active], ["aborted", active]);
      assert.equal((await stack.stack.weights())[active], 100);
      assert.deepEqual(await minima(), { blue: fewest, green: fewest });
      noneFailed(await load.stop());
    });
  });
