import assert from "node:assert/strict";
import fc from "fast-check";
import { slotSelectorLabels } from "../../../components/names/labels.ts";
import { otherSlot, slotNames, type SlotName } from "../../../components/names/slot-name.ts";
import type { LiveRelease, LiveSlot } from "../../../components/slots/live-release.ts";
import { ActiveSlotMissingError } from "../../../components/slots/missing-slot.ts";
import { planSlots, type SlotsPlan } from "../../../components/slots/plan.ts";
import { liveRelease, liveSlot, pastRelease, quarantined, releaseUnderWay } from "./live.ts";

const frozenProperties = ["spec.template", "spec.replicas"];

/** A plan in short: `outcome replicas` of each slot, what is staged, whether migrations run. */
function short(plan: SlotsPlan): Record<string, unknown> {
  const { slots, active, staged, migrate } = plan;
  const word = (slot: SlotName) => `${slots[slot].outcome} ${slots[slot].replicas}`;
  return { blue: word("blue"), green: word("green"), active, staged, migrate };
}

interface Asked {
  readonly digest?: string;
  readonly configured?: string;
  readonly autoscaled?: boolean;
}

function plan(
  live: LiveRelease | undefined,
  { digest = "new", configured, autoscaled = false }: Asked = {},
): SlotsPlan {
  return planSlots({ service: "atom", desired: { digest, configured, replicas: 2 }, autoscaled, live });
}

const withdrawn = (template: string) => ({ ...quarantined(template), reason: "rolled back by anna: logins fail" });

/** A slot whose pods do not become ready. */
const unsettled = (digest: string) => ({ ...liveSlot(digest), settled: false });

const stagedIn = (slot: SlotName) => ({ slot, digest: "new" });

interface Row {
  readonly when: string;
  readonly live: LiveRelease | undefined;
  readonly digest?: string;
  /** Digest of the file's own template. */
  readonly configured?: string;
  readonly expected: Record<string, unknown>;
  readonly note?: RegExp;
  /** How many there are. @default 1 where there is any */
  readonly notes?: number;
}

const rows: readonly Row[] = [
  {
    when: "nothing runs yet: blue comes up, green is declared without pods",
    live: undefined,
    expected: { blue: "desired 2", green: "desired 0", active: "blue", staged: undefined, migrate: true },
  },
  {
    when: "the active slot has the desired template: nothing happens",
    live: liveRelease(),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
  },
  {
    when: "the template is new: it is staged in the idle slot",
    live: liveRelease(),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /^atom: template new is staged in green at 0 % of the traffic; blue goes on serving old\.$/,
  },
  {
    when: "the template is new and green serves: it is staged in blue",
    live: liveRelease({ ledger: { active: "green" }, slots: { blue: liveSlot("before", 0), green: liveSlot("old") } }),
    expected: { blue: "desired 2", green: "frozen 2", active: "green", staged: stagedIn("blue"), migrate: true },
    note: /staged in blue/,
  },
  {
    when: "the template is staged already: it stays declared",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: liveSlot("new") } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /is staged in green and waits for its release; blue serves\.$/,
  },
  {
    when: "another version is staged: the newer one takes its place",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: liveSlot("between") } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /staged in green at 0 %/,
  },
  {
    when: "the version before is desired again and still runs idle: it is staged",
    live: liveRelease({ ledger: { active: "green" }, slots: { blue: liveSlot("new"), green: liveSlot("old") } }),
    expected: { blue: "desired 2", green: "frozen 2", active: "green", staged: stagedIn("blue"), migrate: true },
    note: /waits for its release; green serves/,
  },
  {
    when: "a staged change is taken back: the candidate is left as it is, and a note says so",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: liveSlot("between") } }),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 2", active: "blue", staged: undefined, migrate: false },
    note: /nothing waits for a release; green still runs between at 0 %/,
  },
  {
    when: "a staged change that never became ready is taken back: its pods are removed, and a note says so",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: unsettled("between") } }),
    digest: "old",
    expected: { blue: "frozen 2", green: "retired 0", active: "blue", staged: undefined, migrate: false },
    note: /nothing waits for a release, and the pods of between in green are not ready: they are removed/,
  },
  {
    when: "pods that are not ready get traffic although nothing is released: they are left, and a note says so",
    live: liveRelease({
      slots: { blue: liveSlot("old"), green: unsettled("between") },
      weights: { blue: 90, green: 10 },
    }),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 2", active: "blue", staged: undefined, migrate: false },
    note: /green runs between and the route sends it 10 % of the traffic; it is left as it is/,
  },
  ...([false, true] as const).map((turned): Row => ({
    when: `some pods of the slot that served before are not ready, and the Service of the service's own name ${turned ? "has turned: they are removed" : "still selects them: they are left, and a note says so"}`,
    live: liveRelease({
      ledger: { active: "green" },
      slots: { blue: unsettled("old"), green: liveSlot("between") },
      routes: { http: [], own: { selector: slotSelectorLabels("atom", turned ? "green" : "blue") } },
    }),
    digest: "between",
    expected: {
      ...{ blue: turned ? "retired 0" : "frozen 2", green: "frozen 2" },
      ...{ active: "green", staged: undefined, migrate: false },
    },
    note: turned
      ? /they are removed/
      : /the Service atom selects it for callers inside the cluster; it is left as it is/,
  })),
  {
    when: "a change that never became ready is followed by another one: that is staged in its place",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: unsettled("between") } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /staged in green at 0 %/,
  },
  ...([true, false] as const).map((byWeight): Row => ({
    when: `${byWeight ? "weights lead users" : "the Service of the service's own name leads callers"} to the idle slot, and another version is desired: it is not staged`,
    live: liveRelease({
      slots: { blue: liveSlot("old"), green: liveSlot("between") },
      ...(byWeight
        ? { weights: { blue: 0, green: 100 } }
        : { routes: { http: [], own: { selector: slotSelectorLabels("atom", "green") } } }),
    }),
    expected: { blue: "frozen 2", green: "frozen 2", active: "blue", staged: undefined, migrate: false },
    note: byWeight
      ? /new is not staged: the route sends it 100 % of the traffic, though blue serves/
      : /new is not staged: the Service atom selects it for callers inside the cluster/,
  })),
  {
    when: "weights lead users to what is staged already: nothing is replaced",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: liveSlot("new") }, weights: { blue: 50, green: 50 } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /staged in green and waits for its release/,
  },
  {
    when: "a release is under way and its candidate is not ready: it is left to the releaser",
    live: liveRelease({
      ledger: { current: releaseUnderWay },
      slots: { blue: liveSlot("old"), green: unsettled("new") },
    }),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 2", active: "blue", staged: undefined, migrate: false },
    note: /r-7 is under way/,
  },
  {
    when: "the idle Deployment is gone and nothing is pending: it comes back without pods",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: undefined } }),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
  },
  {
    when: "the idle Deployment is gone and the template is new: it is staged",
    live: liveRelease({ slots: { blue: liveSlot("old"), green: undefined } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /staged in green at 0 %/,
  },
  {
    when: "the active template has no digest: whatever is desired is staged",
    live: liveRelease({ slots: { blue: { ...liveSlot("old"), digest: undefined }, green: liveSlot("old", 0) } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /blue goes on serving a template without a digest\.$/,
  },
  {
    when: "a release is under way: both slots are left alone",
    live: liveRelease({
      ledger: { current: releaseUnderWay },
      slots: { blue: liveSlot("old"), green: liveSlot("new") },
    }),
    digest: "newest",
    expected: { blue: "frozen 2", green: "frozen 2", active: "blue", staged: undefined, migrate: false },
    note: /^atom: release r-7 is under way, so both slots are left as they are\..*\natom: .* asks for template newest, which neither slot has; it is not staged before release r-7 has ended\.$/,
    notes: 2,
  },
  {
    when: "a release of this very template is under way: both slots are left alone",
    live: liveRelease({
      ledger: { current: releaseUnderWay },
      slots: { blue: liveSlot("old"), green: liveSlot("new") },
    }),
    expected: { blue: "frozen 2", green: "frozen 2", active: "blue", staged: undefined, migrate: false },
    note: /r-7 is under way/,
  },
  {
    when: "the template is quarantined: it is not staged",
    live: liveRelease({ ledger: { quarantine: [quarantined("new")] } }),
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
    note: /^atom: template new is quarantined and not staged: release r-6 rolled it back at .* \(high_error_rate\)\./,
  },
  {
    when: "the template is quarantined but serves, by an override: nothing happens and nothing is said",
    live: liveRelease({ ledger: { quarantine: [quarantined("old")] } }),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
  },
  {
    when: "users rolled the template back: it is not staged again while the file asks for it",
    live: liveRelease({ ledger: { withdrawn: [withdrawn("new")] } }),
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
    note: /^atom: the stack's file asks for template new, which was rolled back by anna: logins fail \(release r-6, .*\); it is not staged again, .* atom quarantine lift new --reason/,
  },
  {
    when: "users rolled the file's template back, and an image overrides the file's: nothing is staged either",
    live: liveRelease({ ledger: { withdrawn: [withdrawn("of-the-file")] } }),
    configured: "of-the-file",
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
    note: /the stack's file asks for template of-the-file, which was rolled back/,
  },
  {
    when: "users rolled the template back, which serves again since: nothing happens and nothing is said",
    live: liveRelease({ ledger: { withdrawn: [withdrawn("old")] } }),
    digest: "old",
    expected: { blue: "frozen 2", green: "frozen 0", active: "blue", staged: undefined, migrate: false },
  },
  {
    when: "users rolled another template back: this one is staged",
    live: liveRelease({ ledger: { withdrawn: [withdrawn("bad")] } }),
    configured: "new",
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /staged in green/,
  },
  {
    when: "another template is quarantined: this one is staged",
    live: liveRelease({ ledger: { quarantine: [quarantined("bad")] } }),
    expected: { blue: "frozen 2", green: "desired 2", active: "blue", staged: stagedIn("green"), migrate: true },
    note: /staged in green/,
  },
];

describe("the slot rules", () => {
  for (const { when, live, digest, configured, expected, note, notes = 1 } of rows) {
    it(when, () => {
      const result = plan(live, {
        ...(digest === undefined ? {} : { digest }),
        ...(configured === undefined ? {} : { configured }),
      });
      assert.deepEqual(short(result), expected);
      if (note === undefined) assert.deepEqual(result.notes, []);
      else {
        assert.equal(result.notes.length, notes);
        assert.match(result.notes.join("\n"), note);
      }
    });
  }

  it("leave template and replicas of a frozen slot to the releaser, and of a staged one to nobody", () => {
    const { slots } = plan(liveRelease());
    assert.deepEqual(slots.blue.ignoreChanges, frozenProperties);
    assert.deepEqual(slots.green.ignoreChanges, []);
  });

  it("leave the replicas of a staged slot to its autoscaler once it runs, and start it before", () => {
    const running = liveRelease({ slots: { blue: liveSlot("old"), green: liveSlot("new", 5) } });
    assert.deepEqual(plan(running, { autoscaled: true }).slots.green.ignoreChanges, ["spec.replicas"]);
    const stopped = liveRelease({ slots: { blue: liveSlot("old"), green: liveSlot("new", 0) } });
    assert.deepEqual(plan(stopped, { autoscaled: true }).slots.green, {
      outcome: "desired",
      replicas: 2,
      ignoreChanges: [],
      marks: { applied: 1, replicas: "autoscaled" },
    });
  });

  for (const active of slotNames) {
    it(`refuse to go on when ${active} serves by the ledger but does not exist, and what it ran is not kept`, () => {
      const live = liveRelease({
        ledger: { active, releases: [{ ...pastRelease, outcome: "released", slot: active }] },
        slots: { blue: liveSlot("old"), green: liveSlot("old"), [active]: undefined },
      });
      assert.throws(
        () => plan(live),
        (error: unknown) =>
          error instanceof ActiveSlotMissingError &&
          error.slot === active &&
          error.message.includes(`the Deployment atom-${active} does not exist`),
      );
    });
  }

  const served = {
    ...pastRelease,
    outcome: "released",
    podTemplate: { metadata: {}, spec: { served: true } },
  } as const;
  for (const [what, current] of [
    ["", null],
    [" in the middle of a release", { ...releaseUnderWay, from: { ...served, slot: "green" as const } }],
  ] as const)
    it(`make the slot that serves again where its Deployment was deleted${what}, and do nothing else`, () => {
      const unserved = { ...pastRelease, id: "r-5", podTemplate: { spec: {} } };
      const live = liveRelease({
        ledger: { active: "green", current, releases: [unserved, served] },
        slots: { blue: liveSlot("other", 5), green: undefined },
      });
      const { slots, staged, migrate, notes } = plan(live, { digest: "newest" });
      assert.deepEqual(slots.green, {
        ...{ outcome: "restored", template: served.podTemplate, replicas: 5, ignoreChanges: [] },
        marks: { replicas: "2" },
      });
      assert.deepEqual([slots.blue.ignoreChanges, staged, migrate], [frozenProperties, undefined, false]);
      assert.match(
        notes.join("\n"),
        /green, which serves, has no Deployment: it is made again as release r-6 .*--refresh/,
      );
    });

  it("make it again from the file where nothing was released yet", () => {
    const { slots, notes } = plan(liveRelease({ slots: { blue: undefined, green: liveSlot("old", 0) } }));
    assert.deepEqual([slots.blue.outcome, slots.blue.template, slots.blue.replicas], ["restored", undefined, 2]);
    assert.match(notes.join("\n"), /made again as the stack's file has it, since no release is on record/);
  });

  const digests = fc.constantFrom("a", "b", "c");
  const slots = fc.record({
    digest: fc.option(digests, { nil: undefined }),
    replicas: fc.integer({ min: 0, max: 9 }),
    settled: fc.boolean(),
    marks: fc.record({
      applied: fc.option(fc.nat(), { nil: undefined }),
      replicas: fc.constantFrom(undefined, "1", "2", "autoscaled"),
    }),
  });
  const releases = fc
    .record({
      active: fc.constantFrom(...slotNames),
      serving: slots,
      idle: fc.option(slots, { nil: undefined }),
      underWay: fc.boolean(),
      isLed: fc.boolean(),
      quarantine: fc.uniqueArray(digests),
    })
    .map(({ active, serving, idle, underWay, isLed, quarantine }) => {
      const live = (slot: typeof serving) => ({ ...liveSlot("any"), ...slot });
      const other = idle === undefined ? undefined : live(idle);
      return liveRelease({
        ledger: { active, current: underWay ? releaseUnderWay : null, quarantine: quarantine.map(quarantined) },
        slots: active === "blue" ? { blue: live(serving), green: other } : { blue: other, green: live(serving) },
        ...(isLed ? { weights: { blue: 50, green: 50 } } : {}),
      });
    });

  it("declare what the engine's state cannot have, wherever a slot is not as it is to be", () => {
    const applied = (slot: LiveSlot, autoscaled = false) =>
      plan(liveRelease({ slots: { blue: liveSlot("old"), green: slot } }), { autoscaled }).slots.green.marks.applied;
    const staged = { ...liveSlot("new"), marks: { applied: 7, replicas: "2" } };
    assert.equal(applied(staged), 7);
    // The releaser scaled it to 0; somebody scaled it; the releaser put another template into it; it is there for the first time.
    assert.equal(applied({ ...staged, replicas: 0 }), 8);
    assert.equal(applied({ ...staged, replicas: 5 }), 8);
    assert.equal(applied({ ...staged, digest: "kept" }), 8);
    assert.equal(applied(liveSlot("before", 0)), 1);
    assert.equal(applied({ ...staged, replicas: 5 }, true), 7);
    assert.equal(applied({ ...staged, replicas: 0 }, true), 8);
  });

  it("remove the pods of a change that came to nothing, whatever the engine's state believes", () => {
    const green = { ...unsettled("between"), marks: { applied: 3, replicas: "2" } };
    const { slots } = plan(liveRelease({ slots: { blue: liveSlot("old"), green } }), { digest: "old" });
    assert.deepEqual(slots.green, {
      outcome: "retired",
      replicas: 0,
      ignoreChanges: ["spec.template"],
      marks: { applied: 4, replicas: "2" },
    });
  });

  it("never change the template of the slot that serves, nor its replicas during a release or under an autoscaler", () => {
    fc.assert(
      fc.property(releases, digests, fc.boolean(), (live, digest, autoscaled) => {
        const { active, current } = live.ledger;
        const { ignoreChanges, replicas } = plan(live, { digest, autoscaled }).slots[active];
        const running = live.slots[active]?.replicas ?? 0;
        assert.ok(ignoreChanges.includes("spec.template"));
        if (current !== null || (autoscaled && running > 0)) {
          assert.deepEqual(ignoreChanges, frozenProperties);
          assert.equal(replicas, running);
        }
      }),
    );
  });

  /** Nobody is led to the idle slot, or only to what is desired there. */
  const mayReplace = ({ ledger, weights, slots }: LiveRelease, digest: string): boolean => {
    const idle = otherSlot(ledger.active);
    return weights[idle] === 0 || (slots[idle]?.digest === digest && slots[idle].replicas > 0);
  };

  it("stage exactly what is new, not quarantined, and not in the way of a release or of users", () => {
    fc.assert(
      fc.property(releases, digests, (live, digest) => {
        const { active, current, quarantine } = live.ledger;
        const result = plan(live, { digest });
        const wanted =
          current === null &&
          live.slots[active]?.digest !== digest &&
          !quarantine.some(({ template }) => template === digest) &&
          mayReplace(live, digest);
        assert.deepEqual(result.staged, wanted ? { slot: otherSlot(active), digest } : undefined);
        assert.equal(result.slots[otherSlot(active)].outcome === "desired", wanted);
        assert.equal(result.migrate, wanted);
      }),
    );
  });

  it("say something whenever what is desired is not there, or more is there than what is desired", () => {
    fc.assert(
      fc.property(releases, digests, (live, digest) => {
        const { active, current } = live.ledger;
        const serving = live.slots[active];
        const settled = current === null && serving?.digest === digest && serving.replicas === 2;
        const idlePods = live.slots[otherSlot(active)]?.replicas ?? 0;
        assert.equal(plan(live, { digest }).notes.length === 0, settled && idlePods === 0);
      }),
    );
  });

  it("have the pods of what they say is staged, and leave no pods that are neither staged, ready nor in use", () => {
    fc.assert(
      fc.property(releases, digests, fc.boolean(), (live, digest, autoscaled) => {
        const result = plan(live, { digest, autoscaled });
        const idle = otherSlot(live.ledger.active);
        const slot = live.slots[idle];
        const after = result.slots[idle];
        if (result.staged !== undefined) {
          const applied = after.marks.applied !== slot?.marks.applied;
          assert.ok(applied ? after.replicas > 0 : (slot?.replicas ?? 0) > 0 && slot?.digest === digest);
        } else if (live.ledger.current === null && slot !== undefined && slot.replicas > 0 && !slot.settled)
          assert.equal(after.replicas, live.weights[idle] > 0 ? slot.replicas : 0);
      }),
    );
  });
});
