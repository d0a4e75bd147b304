import assert from "node:assert/strict";
import fc from "fast-check";
import { phases, reasons, type Phase, type ReleaseState } from "../../../delivery/release/state.ts";
import {
  blamesCandidate,
  eventTypes,
  initialState,
  isFinal,
  needsGuard,
  plainEventTypes,
  takeOver,
  table,
  transition,
  TransitionError,
  type EventType,
  type MachinePlan,
  type ReleaseEvent,
} from "../../../delivery/release/state-machine.ts";

const plan: MachinePlan = {
  quarantine: true,
  steps: [
    { percent: 10, wait: 0 },
    { pause: "approval", deadline: 0 },
    { percent: 50, wait: 0 },
    { percent: 100, wait: 0 },
  ],
};

function eventOf(type: EventType): ReleaseEvent {
  if (type === "failed" || type === "held") return { type, detail: "", reason: "high_error_rate" };
  if (type === "warned") return { type, detail: "", metric: "errorRate" };
  return { type, detail: "" };
}

function stateIn(phase: Phase, more: Partial<ReleaseState> = {}): ReleaseState {
  return { ...initialState, phase, step: 2, percent: 50, judged: 10, ...more };
}

/** The whole table as people read it: where each event leads from each phase. Whatever is not here is refused. */
const expected: Readonly<Record<Phase, Readonly<Partial<Record<EventType, Phase>>>>> = {
  preparing: { prepared: "waiting-ready", failed: "aborted" },
  "waiting-ready": { ready: "smoking", failed: "returning", noted: "waiting-ready", "taken-over": "waiting-ready" },
  smoking: { "smoke-passed": "shifting", failed: "returning", noted: "smoking", "taken-over": "smoking" },
  shifting: {
    shifted: "confirming",
    failed: "returning",
    held: "stepping-back",
    warned: "shifting",
    noted: "shifting",
    "taken-over": "shifting",
  },
  confirming: {
    confirmed: "measuring",
    unconfirmed: "measuring",
    failed: "returning",
    held: "stepping-back",
    warned: "confirming",
    noted: "confirming",
    "taken-over": "shifting",
  },
  measuring: {
    "step-passed": "shifting",
    failed: "returning",
    held: "stepping-back",
    warned: "measuring",
    noted: "measuring",
    "taken-over": "shifting",
  },
  "awaiting-approval": {
    approved: "shifting",
    failed: "returning",
    held: "stepping-back",
    warned: "awaiting-approval",
    noted: "awaiting-approval",
    "taken-over": "awaiting-approval",
  },
  "smoking-public": {
    "smoke-passed": "soaking",
    failed: "returning",
    held: "stepping-back",
    warned: "smoking-public",
    noted: "smoking-public",
    "taken-over": "smoking-public",
  },
  soaking: {
    soaked: "finishing",
    failed: "returning",
    held: "stepping-back",
    warned: "soaking",
    noted: "soaking",
    "taken-over": "soaking",
  },
  finishing: { finished: "released", "rollback-too-late": "finishing", noted: "finishing", "taken-over": "finishing" },
  "stepping-back": {
    "stepped-back": "held",
    failed: "returning",
    warned: "stepping-back",
    noted: "stepping-back",
    "taken-over": "stepping-back",
  },
  held: { resumed: "shifting", failed: "returning", warned: "held", noted: "held", "taken-over": "held" },
  returning: { returned: "confirming-return", noted: "returning", "taken-over": "returning" },
  "confirming-return": {
    "return-confirmed": "scaling-down",
    "return-unconfirmed": "scaling-down",
    "return-contradicted": "scaling-down",
    "capacity-lost": "returning",
    noted: "confirming-return",
    "taken-over": "returning",
  },
  quarantining: { quarantined: "scaling-down", noted: "quarantining", "taken-over": "quarantining" },
  "scaling-down": {
    "scaled-down": "rolled-back",
    "pods-kept": "rolled-back",
    "capacity-lost": "returning",
    noted: "scaling-down",
    "taken-over": "scaling-down",
  },
  released: {},
  "rolled-back": {},
  aborted: {},
};

/** Every event there is, with what differs in it. */
const everyEvent: readonly ReleaseEvent[] = [
  ...plainEventTypes.map((type): ReleaseEvent => ({ type, detail: "" })),
  ...["errorRate", "latency"].map((metric): ReleaseEvent => ({ type: "warned", metric, detail: "" })),
  ...reasons.map((reason): ReleaseEvent => ({ type: "held", reason, detail: "" })),
  ...reasons.map((reason): ReleaseEvent => ({ type: "failed", reason, detail: "" })),
];

const anyPlan: fc.Arbitrary<MachinePlan> = fc
  .tuple(
    fc.uniqueArray(fc.integer({ min: 1, max: 99 }), { maxLength: 4 }),
    fc.array(fc.nat({ max: 4 }), { maxLength: 2 }),
    fc.boolean(),
  )
  .map(([percents, pauses, quarantine]) => {
    const steps: MachinePlan["steps"] = [...percents.toSorted((a, b) => a - b), 100].map((percent) => ({
      percent,
      wait: 0,
    }));
    for (const at of pauses) steps.splice(Math.min(at, steps.length - 1), 0, { pause: "approval", deadline: 0 });
    return { steps, quarantine };
  });

function take(state: ReleaseState, event: ReleaseEvent, followed: MachinePlan): ReleaseState | undefined {
  try {
    return transition(state, event, followed);
  } catch (error) {
    assert.ok(error instanceof TransitionError);
    return undefined;
  }
}

/** What leaves a release where it is, or has it begin anew what it was at. */
const sideways: readonly EventType[] = ["noted", "capacity-lost", "taken-over"];

/** The states that a release goes through when these things happen to it. What is refused changes nothing. */
function story(events: readonly ReleaseEvent[], followed: MachinePlan): readonly ReleaseState[] {
  const states = [initialState];
  for (const event of events) {
    const next = take(states.at(-1) ?? initialState, event, followed);
    if (next !== undefined) states.push(next);
  }
  return states;
}

/** A number stands for one of the events that are taken at that moment; small ones for what leads on. */
function storyOf(
  draws: readonly number[],
  followed: MachinePlan,
  without: readonly EventType[] = [],
): readonly ReleaseState[] {
  const states = [initialState];
  for (const draw of draws) {
    const state = states.at(-1) ?? initialState;
    const possible = everyEvent.filter(
      (event) => !without.includes(event.type) && take(state, event, followed) !== undefined,
    );
    const forward = possible.filter(({ type }) => !["failed", "held", "warned", ...sideways].includes(type));
    const drawn = draw < 95 && forward.length > 0 ? forward : possible;
    const event = drawn[draw % drawn.length];
    if (event !== undefined) states.push(transition(state, event, followed));
  }
  return states;
}

const anyStory = fc.tuple(anyPlan, fc.array(fc.nat({ max: 99 }), { maxLength: 80 }));

const wayBack: readonly Phase[] = [
  "returning",
  "confirming-return",
  "quarantining",
  "scaling-down",
  "rolled-back",
  "aborted",
];

describe("the release state machine", () => {
  for (const phase of phases)
    it(`takes in ${phase} exactly the events that are listed for it`, () => {
      for (const type of eventTypes) {
        const after = expected[phase][type];
        const state = stateIn(phase);
        if (after === undefined)
          assert.throws(() => transition(state, eventOf(type), plan), { name: "TransitionError", phase, event: type });
        else assert.equal(transition(state, eventOf(type), plan).phase, after, type);
      }
      assert.deepEqual(Object.keys(table[phase]).toSorted(), Object.keys(expected[phase]).toSorted());
    });

  it("names the events that a phase takes when it refuses one", () => {
    assert.throws(() => transition(stateIn("smoking"), eventOf("shifted"), plan), {
      message:
        'A release that is smoking takes no event "shifted" (it takes: smoke-passed, failed, noted, taken-over).',
    });
    assert.throws(() => transition(stateIn("released"), eventOf("failed"), plan), /it takes: none/);
  });

  it("goes through the plan's steps in their order, and smokes and soaks after the last", () => {
    const way: EventType[] = ["prepared", "ready", "smoke-passed", "shifted", "confirmed", "step-passed", "approved"];
    way.push(
      "shifted",
      "confirmed",
      "step-passed",
      "shifted",
      "confirmed",
      "step-passed",
      "smoke-passed",
      "soaked",
      "finished",
    );
    const states = story(way.map(eventOf), plan);
    assert.deepEqual(
      states.map(({ phase, step, percent, judged }) => [phase, step, percent, judged]),
      [
        ["preparing", 0, 0, 0],
        ["waiting-ready", 0, 0, 0],
        ["smoking", 0, 0, 0],
        ["shifting", 0, 10, 0],
        ["confirming", 0, 10, 0],
        ["measuring", 0, 10, 0],
        ["awaiting-approval", 1, 10, 10],
        ["shifting", 2, 50, 10],
        ["confirming", 2, 50, 10],
        ["measuring", 2, 50, 10],
        ["shifting", 3, 100, 50],
        ["confirming", 3, 100, 50],
        ["measuring", 3, 100, 50],
        ["smoking-public", 3, 100, 100],
        ["soaking", 3, 100, 100],
        ["finishing", 3, 100, 100],
        ["released", 3, 100, 100],
      ],
    );
  });

  it("quarantines a template that is to blame, where the plan wants that, and no other", () => {
    for (const reason of reasons) {
      const state = stateIn("confirming-return", { cause: { reason, detail: "" } });
      for (const event of ["return-confirmed", "return-unconfirmed"] as const) {
        const next = transition(state, eventOf(event), plan).phase;
        assert.equal(next, blamesCandidate(reason) ? "quarantining" : "scaling-down", reason);
      }
      assert.equal(
        transition(state, eventOf("return-confirmed"), { ...plan, quarantine: false }).phase,
        "scaling-down",
      );
    }
    assert.deepEqual(
      reasons.filter((reason) => !blamesCandidate(reason)),
      [
        ...[
          "pods_unavailable",
          "active_slot_lost",
          "metrics_unavailable",
          "no_traffic",
          "too_few_requests",
          "shared_fault",
          "shift_not_confirmed",
          "watch_lost",
        ],
        ...["approval_timeout", "converge_failed", "manual", "superseded", "releaser_lost", "internal_error"],
      ],
    );
  });

  it("calls a release aborted that people ended, and rolled back that its candidate or its circumstances did", () => {
    const ended = reasons.map((reason) => {
      const state = stateIn("scaling-down", { cause: { reason, detail: "" } });
      return [reason, transition(state, eventOf("scaled-down"), plan).phase] as const;
    });
    assert.deepEqual(
      ended.filter(([, phase]) => phase === "aborted").map(([reason]) => reason),
      ["converge_failed", "manual", "superseded"],
    );
  });

  it("keeps a metric's warning once and refuses it a second time", () => {
    const warned = transition(stateIn("measuring"), eventOf("warned"), plan);
    assert.deepEqual(warned.warned, ["errorRate"]);
    assert.throws(() => transition(warned, eventOf("warned"), plan), TransitionError);
  });

  it("steps back to the last judged weight, and resumes with the step that was not", () => {
    const held = story([eventOf("held"), eventOf("stepped-back")], plan);
    assert.equal(held.length, 1, "nothing is held before it began");
    const stepping = transition(stateIn("measuring"), eventOf("held"), plan);
    assert.deepEqual([stepping.percent, stepping.cause?.reason], [10, "high_error_rate"]);
    const resumed = transition({ ...stepping, phase: "held" }, eventOf("resumed"), plan);
    assert.deepEqual([resumed.phase, resumed.step, resumed.percent, resumed.cause], ["shifting", 2, 50, undefined]);
  });

  it("needs its guard exactly while users' requests may reach a candidate", () => {
    const guarded = phases.filter((phase) => needsGuard(stateIn(phase)));
    assert.deepEqual(guarded, [
      ...["shifting", "confirming", "measuring", "awaiting-approval", "smoking-public", "soaking"],
      ...["stepping-back", "held"],
    ]);
    assert.ok(!needsGuard(stateIn("awaiting-approval", { percent: 0 })));
  });

  it("is taken over where it was, unless traffic was unjudged for too long", () => {
    for (const phase of phases.filter((each) => !isFinal(each) && each !== "preparing")) {
      assert.equal(takeOver(stateIn(phase), 60_000, { resumeWithin: 60_000 }).type, "taken-over");
      const late = takeOver(stateIn(phase), 60_001, { resumeWithin: 60_000 });
      const forward = "held" in table[phase];
      assert.equal(late.type, forward ? "failed" : "taken-over", phase);
      assert.equal(takeOver(stateIn(phase, { percent: 0 }), 60_001, { resumeWithin: 60_000 }).type, "taken-over");
    }
  });

  it("from any state that can be reached can come to an end", () => {
    fc.assert(
      fc.property(anyStory, ([followed, events]) => {
        let state = storyOf(events, followed).at(-1) ?? initialState;
        for (let step = 0; !isFinal(state.phase); step += 1) {
          assert.ok(step < 10, "the way back is short");
          const row = table[state.phase];
          const type = eventTypes.find(
            (each) =>
              row[each] !== undefined && !sideways.includes(each) && (each === "failed" || row.failed === undefined),
          );
          assert.ok(type !== undefined, state.phase);
          state = transition(state, eventOf(type), followed);
        }
      }),
    );
  });

  it("comes to an end whatever happens, unless people resume it, a releaser dies or pods go again and again", () => {
    fc.assert(
      fc.property(anyStory, ([followed, events]) => {
        const states = storyOf(events, followed, ["resumed", ...sideways]);
        // Three states a step, what comes before and after them, the way back, and two warnings.
        assert.ok(states.length <= 3 * followed.steps.length + 16);
      }),
    );
  });

  it("once on its way back never turns to the candidate again", () => {
    fc.assert(
      fc.property(anyStory, ([followed, events]) => {
        const states = storyOf(events, followed);
        const turned = states.findIndex(({ phase }) => phase === "returning");
        if (turned < 0) return;
        for (const { phase, percent, cause } of states.slice(turned)) {
          assert.ok(wayBack.includes(phase), phase);
          assert.equal(percent, 0);
          assert.ok(cause !== undefined);
        }
      }),
    );
  });

  it("gives a candidate no more than the present step's share, and more than was judged only while it is judged", () => {
    fc.assert(
      fc.property(anyStory, ([followed, events]) => {
        for (const { phase, percent, step, judged } of storyOf(events, followed)) {
          const now = followed.steps[step];
          const allowed = now !== undefined && "percent" in now ? Math.max(now.percent, judged) : judged;
          assert.ok(percent <= allowed, `${phase}: ${percent} of ${allowed}`);
          if (["held", "stepping-back"].includes(phase)) assert.equal(percent, judged);
          if (["soaking", "finishing", "released"].includes(phase)) assert.equal(judged, 100);
        }
      }),
    );
  });

  it("reaches every phase that it has", () => {
    const seen = new Set<Phase>();
    fc.assert(
      fc.property(anyStory, ([followed, events]) => {
        for (const { phase } of storyOf(events, followed)) seen.add(phase);
      }),
      { numRuns: 500, seed: 4 },
    );
    assert.deepEqual(
      phases.filter((phase) => !seen.has(phase)),
      [],
    );
  });
});
