// What a release would be refused by the API server is found out before anything is staged.
import { ForbiddenError } from "../cluster/errors.ts";
import type { JudgedObject } from "./judged-object.ts";
import { ReleaseRefusedError } from "./opening.ts";
import { messageOf } from "./persist.ts";

/**
 * Throws a ReleaseRefusedError where this account may not read or watch what a release is judged by. The role of an environment that an
 * earlier version brought up is such. An API server that does not answer is no refusal: the release itself deals with it.
 */
export async function refuseWithoutRights(judged: readonly JudgedObject[], signal: AbortSignal): Promise<void> {
  const errors = await Promise.all(judged.flatMap((object) => [read(object, signal), watched(object, signal)]));
  signal.throwIfAborted();
  const found = errors.filter((error) => error instanceof ForbiddenError);
  if (found.length === 0) return;
  throw new ReleaseRefusedError(
    "not_allowed",
    `This account may not do what a release does, so nothing was changed:\n${found.map((error) => `  ${messageOf(error)}`).join("\n")}\n` +
      "The role is of an earlier version, or was changed: npm run up declares it as it is needed. In an emergency `atom rollback --now` does without.",
  );
}

async function read(object: JudgedObject, signal: AbortSignal): Promise<unknown> {
  try {
    await object.read(signal);
    return undefined;
  } catch (error) {
    return error;
  }
}

/** Resolves once the API server has answered the watch, to why it did not open it. */
async function watched(object: JudgedObject, signal: AbortSignal): Promise<unknown> {
  const over = new AbortController();
  const { promise, resolve } = Promise.withResolvers<unknown>();
  const watching = object.watch(
    {
      onState: () => undefined,
      onConnected: () => {
        resolve(undefined);
      },
      onDisconnected: (_why, error) => {
        resolve(error);
      },
    },
    AbortSignal.any([signal, over.signal]),
  );
  const ended = watching.catch(resolve);
  const answer = await promise;
  over.abort(new Error("whether it can be watched is known"));
  await ended;
  return answer;
}
