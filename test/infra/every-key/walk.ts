// What a run makes of a changed configuration, against what a new stack of it would have.
import assert from "node:assert/strict";
import { parseReleasePlan } from "../../../components/release-plan/parse-plan.ts";
import type { LiveServices } from "../../../components/service/live-service.ts";
import { usableSecrets } from "../../../infra/config/secrets.ts";
import { releaseUnderWay } from "../../components/slots/live.ts";
import { withValue } from "./changes.ts";
import {
  declared,
  liveOf,
  madeTwice,
  updated,
  valuesOf,
  type Configuration,
  type Resources,
  type Sections,
} from "./provisioned.ts";

/** Where a run does not write what the file says, and the note that says so instead. */
export const named: readonly (readonly [place: RegExp, note: RegExp])[] = [
  [
    /Deployment atom-blue spec template /,
    /template \w+ is staged in green at 0 % of the traffic; blue goes on serving/,
  ],
];
export const namedDuringRelease: readonly (readonly [place: RegExp, note: RegExp])[] = [
  [
    /Deployment atom-(blue|green) spec template /,
    /the stack's file asks for template \w+, which neither slot has; it is not staged before release r-7 has ended/,
  ],
  [
    /Job atom-migration /,
    /the stack's file asks for template \w+, which neither slot has; it is not staged before release r-7 has ended/,
  ],
  [
    /Deployment atom-(blue|green) (spec replicas|metadata annotations atom.dev\/replicas)/,
    /blue keeps its \d+ replicas? until then; the stack's file says \d/,
  ],
  [/VirtualService atom-route spec http /, /the routes get .*, once release r-7 has ended: run this again then/],
  [/Service atom(-blue|-green)? spec ports /, /its Services get port \d+ beside \d+ once release r-7 has ended/],
  [
    /ConfigMap atom-release-plan data /,
    /release r-7 goes on by the release plan that it began with\. .* written by a run after it has ended/,
  ],
];

/** What belongs to a release for as long as it is under way, whatever the file says. */
export const releasers =
  /Deployment atom-\w+ spec (template|replicas) |VirtualService atom-route spec http |ConfigMap atom-release-plan data |Service \S+ spec (ports|selector) /;

/** What a run notes for the next one is nothing that users asked for. */
const marks = /metadata annotations atom\.dev\/(applied|replicas)$/;

export interface Provisioned {
  readonly configuration: Configuration;
  readonly state: Resources;
  readonly live: LiveServices;
  /** What a run with the same configuration says. */
  readonly notes: readonly string[];
}

export function withSecrets(sections: Sections, secrets: Configuration["secrets"] = {}): Configuration {
  const keys = usableSecrets(sections).map((key) => [key, `https://secrets.example.com/${key}`] as const);
  return { sections, secrets: { ...Object.fromEntries(keys), ...secrets } };
}

export const routersOf = ({ services }: Sections) =>
  Object.fromEntries(
    Object.entries(services as Record<string, { routes: { router: "istio" | "replicas" } }>).map(
      ([name, { routes }]) => [name, routes.router],
    ),
  );

/** A stack after as many runs as it takes until nothing is left to do. */
export async function provision(configuration: Configuration): Promise<Provisioned> {
  let state: Resources = new Map();
  let live: LiveServices = {};
  for (let run = 0; run < 3; run++) {
    const found = await declared(configuration, live);
    const next = updated(state, found);
    if (run === 2) {
      assert.deepEqual([differences(state, next), found.notes], [[], []], "another run has nothing to do");
      return { configuration, state, live, notes: found.notes };
    }
    state = next;
    live = await liveOf(state, routersOf(configuration.sections));
  }
  throw new Error("never comes here");
}

/** The same stack with another image on its way to users. */
export async function release({ configuration, state, live }: Provisioned): Promise<Provisioned> {
  const image = withValue(configuration.sections, ["services", "atom", "image"], "registry.example.com/atom:0.2.0");
  const staging = withSecrets(image);
  const staged = updated(state, await declared(staging, live));
  const found = (await liveOf(staged, routersOf(image))).atom;
  assert.ok(found?.release?.slots.green);
  const plan = parseReleasePlan(
    [...staged.values()]
      .filter(({ name }) => name === "atom-release-plan")
      .map(({ inputs }) => (inputs.data as Record<string, string>)["plan.json"] ?? "")
      .join(""),
    "the plan",
  );
  const current = {
    ...releaseUnderWay,
    plan: plan as object,
    podTemplate: found.release.slots.green.template as object,
  };
  const moved = {
    ...found,
    release: { ...found.release, ledger: { ...found.release.ledger, current } },
  } as LiveServices[string];
  const live2: LiveServices = { atom: moved };
  const { notes } = await declared(staging, live2);
  return { configuration: staging, state: staged, live: live2, notes };
}

function differences(before: Resources, after: Resources): string[] {
  const [left, right] = [valuesOf(before), valuesOf(after)];
  return [...new Set([...left.keys(), ...right.keys()])].filter((place) => left.get(place) !== right.get(place));
}

/** What a run makes of a changed configuration: places that it writes, and notes that are new. */
export async function outcome(of: Provisioned, configuration: Configuration) {
  const found = await declared(configuration, of.live);
  const after = updated(of.state, found);
  return {
    after,
    twice: madeTwice(of.state, found),
    written: differences(of.state, after).filter((place) => !marks.test(place)),
    notes: found.notes.filter((note) => !of.notes.includes(note)),
  };
}

/**
 * Every place in which a new stack of the changed configuration differs from one of the old is either as there, or named.
 *
 * @param table the notes that name a place which is not as there
 * @param change changes what is no part of the configuration
 */
export async function assertAppliedOrNamed(
  of: Provisioned,
  changed: Configuration,
  table: typeof named,
  change: () => void = () => undefined,
): Promise<void> {
  const fresh = async (configuration: Configuration) => valuesOf(updated(new Map(), await declared(configuration)));
  const before = await fresh(of.configuration);
  change();
  const wanted = await fresh(changed);
  const { after, notes, twice } = await outcome(of, changed);
  assert.deepEqual(twice, []);
  const now = valuesOf(after);
  const governed = [...new Set([...before.keys(), ...wanted.keys()])].filter(
    (each) => before.get(each) !== wanted.get(each) && !marks.test(each),
  );
  assert.notEqual(governed.length, 0);
  const isAutoscaled = [...now.keys()].some((place) =>
    place.includes("HorizontalPodAutoscaler atom-blue spec minReplicas"),
  );
  const open = governed
    .filter((each) => now.get(each) !== wanted.get(each))
    // With an autoscaler its minimum is what the file's replicas are.
    .filter((each) => !isAutoscaled || !each.endsWith("Deployment atom-blue spec replicas"));
  const unnamed = open.filter(
    (each) => !table.some(([place, note]) => place.test(each) && notes.some((text) => note.test(text))),
  );
  assert.deepEqual(unnamed, [], `not applied, and not in the notes:\n${notes.join("\n")}`);
}
