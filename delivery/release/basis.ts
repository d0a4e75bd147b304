// What a release will be judged by, as it is when the release is about to begin.
import { otherSlot, type SlotName } from "../../components/names/slot-name.ts";
import { ClusterError } from "../cluster/errors.ts";
import { fingerprintOf, type JudgedObject } from "./judged-object.ts";
import { movedBy } from "./kept-traffic.ts";
import { ReleaseRefusedError, type ReleaseRequest, type SlotsFound } from "./opening.ts";
import { makeAgain } from "./slot-access.ts";

export interface Beginning {
  readonly found: SlotsFound;
  readonly active: SlotName;
  readonly request: Pick<ReleaseRequest, "emergency">;
}

/**
 * Fingerprints of what the release will be judged by; the templates as they were found, since these are what is kept. What cannot be read keeps
 * no emergency rollback from its way. Throws a {@link ReleaseRefusedError} where users would be led nowhere, or cannot be told where.
 */
export async function basisOf(
  judged: readonly JudgedObject[],
  { found: { templates }, active, request: { emergency = false } }: Beginning,
  stop: AbortSignal,
): Promise<Readonly<Record<string, string>>> {
  const contentOf = async (object: JudgedObject): Promise<unknown> => {
    if (object.of !== "release") return object.of === active ? templates.active : templates.idle;
    const { content, moved } = await object.read(stop);
    // Even to leave all users where they are the releaser would write such routes anew.
    const isUsersRoute = movedBy(object) === "shift";
    if (isUsersRoute && moved === undefined && content !== null && !emergency) throw notUnderstood(object);
    return content;
  };
  const reads = judged.map(async (object) => {
    try {
      return [{ object, content: await contentOf(object) }];
    } catch (error) {
      stop.throwIfAborted();
      if (!emergency || !(error instanceof ClusterError)) throw error;
      return [];
    }
  });
  const seen = (await Promise.all(reads)).flat();
  refuseWithout(seen, emergency ? otherSlot(active) : undefined);
  return Object.fromEntries(seen.map(({ object, content }) => [object.name, fingerprintOf(content)]));
}

interface Seen {
  readonly object: JudgedObject;
  readonly content: unknown;
}

/**
 * Throws where something is not there without which users would be led nowhere. Environments of an earlier version have no Service of either slot.
 *
 * @param only a slot whose Service alone matters @default everything does
 */
function refuseWithout(seen: readonly Seen[], only: SlotName | undefined): void {
  const missing = seen.filter(({ object, content }) => object.of === "release" && content === null);
  const slots = new Set(missing.flatMap(({ object }) => object.cutOff?.slot ?? []));
  const isMissed = ({ object: { cutOff } }: Seen): boolean =>
    cutOff === undefined ? only === undefined : slots.size === 1 && (only === undefined || cutOff.slot === only);
  const first = missing.find(isMissed);
  if (first === undefined) return;
  throw new ReleaseRefusedError(
    "object_missing",
    `${first.object.name} does not exist, and a release does not work without it. Nothing was released.\n${makeAgain}.`,
  );
}

function notUnderstood({ name }: JudgedObject): ReleaseRefusedError {
  return new ReleaseRefusedError(
    "routes_unknown",
    `${name} sends users elsewhere than to the slots, or it cannot be told where. It was left as it is, and nothing is released over it.\n` +
      "Put it right first (see: atom drift). In an emergency `atom rollback --now` writes it anew.",
  );
}
