// Records of releases that the real state machine, runner, guard and gate made in the world of test/delivery/release/world.ts.
import type { Ledger } from "../../../components/ledger/ledger.ts";
import type { ReleasePlan } from "../../../components/release-plan/release-plan.ts";
import { recordOfObservation } from "../../../delivery/report/observed.ts";
import type { ReleaseRecord } from "../../../delivery/report/story.ts";
import type { GateSource, GuardSnapshot, Smoke } from "../../../delivery/release/ports.ts";
import type { ReleaseRequest } from "../../../delivery/release/opening.ts";
import type { Adapters, SessionEnd, SessionTools } from "../../../delivery/release/session.ts";
import type { Releaser } from "../release/releaser.ts";
import { World } from "../release/world.ts";
import { releasePlan } from "../support/plans.ts";

/** Answers of a Prometheus beside the counts: what the real gate keeps as evidence. */
const told = {
  p95: { candidate: 0.081, active: 0.079 },
  queries: [
    {
      name: "requests of the candidate",
      promql: 'sum(increase(http_requests_total{slot="green"}[21s]))',
      answer: { ok: true, values: [200] },
    },
    {
      name: "P95 of the active slot",
      promql: "histogram_quantile(0.95, sum by (le) (rate(x[21s])))",
      answer: { ok: true, values: [Number.NaN] },
    },
    {
      name: "failed requests of the candidate",
      promql: "sum(increase(x[21s])) or vector(0)",
      answer: { ok: false, problem: { kind: "timeout", detail: "no answer within 10 s" } },
    },
  ],
  warnings: ["PromQL info: metric might not be a counter"],
};

const smokeSteps = ["login", "live", "ready", "db", "agents", "canvas", "skills"];

/** A smoke test with the steps of the service; the fifth is the one that fails. */
function smokeTest(smoke: Smoke): Smoke {
  return {
    run: async (through, signal) => {
      const { passed } = await smoke.run(through, signal);
      const steps = smokeSteps.slice(0, passed ? 7 : 5).map((name, index) => ({
        name,
        passed: passed || index < 4,
        duration: 40 + 35 * index,
        ...(passed || index < 4
          ? {}
          : { detail: "agents: POST /api/agents/execute answered 500 where 2xx is expected" }),
      }));
      return { passed, duration: steps.reduce((sum, { duration }) => sum + duration, 0), steps };
    },
  };
}

function telling(gate: GateSource | null): GateSource | null {
  return gate && { measure: async (window, signal) => ({ ...(await gate.measure(window, signal)), ...told }) };
}

async function* seeingNothingSlow(snapshots: AsyncIterable<GuardSnapshot>): AsyncIterable<GuardSnapshot> {
  for await (const snapshot of snapshots) yield { ...snapshot, candidate: { ...snapshot.candidate, slow: 0 } };
}

/** Runs a whole release in a world; `during` may change the world while the release is under way. */
export async function release(
  world: World,
  request: Partial<ReleaseRequest> = {},
  during: (world: World, releaser: Releaser) => Promise<void> = () => Promise.resolve(),
  adapt: (adapters: Adapters) => Adapters = (adapters) => adapters,
): Promise<SessionEnd> {
  const releaser = world.releaser();
  const adapters = (tools: SessionTools): Adapters => {
    const own = releaser.adapters(tools);
    return adapt({ ...own, gate: telling(own.gate), smoke: smokeTest(own.smoke) });
  };
  const ended = releaser.release({ by: "anna", ...request }, { adapters });
  ended.catch(() => undefined);
  await during(world, releaser);
  return world.clock.settle(ended);
}

/** The newest record of a ledger. */
export function newest({ current, releases }: Ledger): ReleaseRecord {
  const record = current ?? releases[0];
  if (record === undefined) throw new Error("nothing was released");
  return record;
}

async function recorded(
  change: (world: World) => void,
  plan: ReleasePlan = releasePlan(),
  request: Partial<ReleaseRequest> = {},
  during?: (world: World, releaser: Releaser) => Promise<void>,
  adapt?: (adapters: Adapters) => Adapters,
): Promise<ReleaseRecord> {
  const world = new World(plan);
  change(world);
  await release(world, request, during, adapt);
  // A ledger may drop the plan of what did not come through; see `aged` for what is told without it.
  return lifelike({ ...newest(world.ledger), plan: asJson(plan) });
}

function asJson(plan: ReleasePlan): NonNullable<ReleaseRecord["plan"]> {
  return JSON.parse(JSON.stringify(plan)) as NonNullable<ReleaseRecord["plan"]>;
}

const nothing = (): void => undefined;

const makers = {
  healthy: () => recorded(nothing),
  guard: () => recorded((world) => (world.errors.candidate = 0.3)),
  /** Slow requests that Prometheus alone tells of. */
  latency: () =>
    recorded(
      (world) => (world.slow.candidate = 0.4),
      releasePlan(),
      {},
      undefined,
      (adapters) => ({
        ...adapters,
        guard: { watch: (watch, signal) => seeingNothingSlow(adapters.guard.watch(watch, signal)) },
      }),
    ),
  smoke: () => recorded((world) => (world.smokePasses.candidate = false)),
  held: () => {
    const hold = { errorRate: { max: 0.001, policy: "hold" }, latency: { seconds: 0.2, policy: "hold" } } as const;
    return recorded(nothing, releasePlan({ thresholds: hold, deadlines: { hold: 60_000 } }), {}, async (world) => {
      await world.clock.pass(30_000);
      world.errors.candidate = 0.2;
    });
  },
  approval: () =>
    recorded(
      nothing,
      releasePlan({
        steps: [
          { percent: 10, wait: 20_000 },
          { pause: "approval", deadline: 100_000 },
          { percent: 100, wait: 20_000 },
        ],
      }),
      {},
      async (world, releaser) => {
        await world.clock.pass(60_000);
        await world.clock.settle(releaser.ask({ kind: "approve", by: "berta" }));
      },
    ),
  aborted: () =>
    recorded(nothing, releasePlan(), {}, async (world, releaser) => {
      await world.clock.pass(30_000);
      await world.clock.settle(releaser.ask({ kind: "abort", by: "berta", reason: "wrong version" }));
    }),
  hotfix: () => recorded(nothing, releasePlan(), { hotfix: "CVE-2026-1" }),
  soak: () =>
    recorded(nothing, releasePlan({ soak: 600_000 }), {}, async (world) => {
      await world.clock.pass(100_000);
      world.errors.candidate = 0.3;
    }),
  warned: () => {
    const warn = {
      errorRate: { max: 0.01, policy: "warn" },
      latency: { seconds: 0.5, policy: "warn" },
    } as const;
    return recorded((world) => (world.errors.candidate = 0.2), releasePlan({ thresholds: warn }));
  },
  observed: async () => {
    const world = new World();
    const startedAt = new Date(world.clock.now()).toISOString();
    const observation = await world.clock.settle(world.releaser().observe());
    return recordOfObservation(observation, { by: "anna", startedAt });
  },
} as const;

const made = new Map<string, Promise<ReleaseRecord>>();

function once(name: keyof typeof makers): () => Promise<ReleaseRecord> {
  return () => {
    const record = made.get(name) ?? makers[name]();
    made.set(name, record);
    return record;
  };
}

export type RecordName = keyof typeof makers;
export const recordNames = Object.keys(makers) as readonly RecordName[];

/** A release of each kind. Each is made once, when a test asks for it first. */
export const records = Object.fromEntries(recordNames.map((name) => [name, once(name)])) as Readonly<
  Record<RecordName, () => Promise<ReleaseRecord>>
>;

/** What a version, an image, a person or an answer may be called by somebody who means harm. */
export const hostile = `<script>alert(1)</script>|\`@octocat\` #12 [x](http://evil.example) ![i](//evil.example/p) "'&#35; *b* www.evil.example \u001b[31m\u202e\n# heading`;

/** The record with {@link hostile} wherever text may come from outside. */
export function withHostileText(record: ReleaseRecord): ReleaseRecord {
  const journal = record.journal.map((entry) => ({ ...entry, detail: `${entry.detail} ${hostile}` }));
  const { state, from } = record;
  const cause = state.cause && { ...state.cause, detail: hostile };
  return {
    ...record,
    version: hostile,
    image: hostile,
    startedBy: hostile,
    change: { commit: "0123456789abcdef", author: hostile, message: hostile },
    hotfix: hostile,
    from: { ...from, version: hostile },
    state: { ...state, ...(cause === undefined ? {} : { cause }) },
    journal,
  };
}

/** How long things take outside of a world in memory, in milliseconds, by the line that tells of them. */
const took: Readonly<Record<string, number>> = {
  ready: 6_240,
  "smoke-passed": 1_310,
  shifted: 84,
  confirmed: 912,
  returned: 91,
  "return-confirmed": 347,
  "return-unconfirmed": 20_000,
  "return-contradicted": 20_000,
  quarantined: 18,
  "scaled-down": 402,
  finished: 388,
};

/** The same record with the durations and names of a real environment. */
export function lifelike(record: ReleaseRecord): ReleaseRecord {
  let late = 0;
  const journal = record.journal.map((entry) => {
    late += took[entry.event] ?? 0;
    return { ...entry, at: new Date(Date.parse(entry.at) + late).toISOString() };
  });
  const last = journal.at(-1)?.at;
  const registry = "registry.example.com/team/atom";
  return {
    ...record,
    version: "2026.11.2",
    image: `${registry}:2026.11.2`,
    startedBy: "anna@laptop",
    change: { commit: "4f2c9d1b7a", author: "Anna", message: "Answer faster" },
    from: { ...record.from, version: "2026.11.1", image: `${registry}:2026.11.1` },
    journal,
    ...("endedAt" in record && last !== undefined ? { endedAt: last } : {}),
  };
}

/** As the ledger has it when it has grown old: no evidence, no plan, or the last line alone. */
export function aged(record: ReleaseRecord, lines = record.journal.length): ReleaseRecord {
  const journal = record.journal.slice(-lines).map((entry) => {
    const rest = { ...entry };
    delete rest.evidence;
    return rest;
  });
  const old: Record<string, unknown> = { ...record, journal };
  delete old.plan;
  delete old.podTemplate;
  return old as ReleaseRecord;
}

/** A world that has released a version and rolled the next one back. */
export async function afterRollback(): Promise<World> {
  const world = new World();
  await release(world);
  world.stage("blue", "cccccccccccc");
  world.errors.candidate = 1;
  await release(world);
  world.errors.candidate = 0;
  return world;
}

/** A ledger, and the time at which it was read. */
export interface Busy {
  readonly ledger: Ledger;
  readonly now: number;
}

/** Begins the release of what is staged, by carl, and reads the ledger 30 s later; its releaser is gone then. */
export async function underWay(world: World): Promise<Busy> {
  const releaser = world.releaser();
  const ended = releaser.release({ by: "carl" });
  ended.catch(() => undefined);
  await world.clock.pass(30_000);
  const { ledger } = world;
  releaser.kill();
  return { ledger, now: world.clock.now() };
}
