/** When all tests have to be over, in seconds since the epoch: set by a caller that is itself stopped at a fixed time, as `.ci/run` is. */
export const stopVariable = "TESTS_STOP_AT";

export class StopTimeError extends Error {
  override readonly name = "StopTimeError";
  readonly value: string;

  constructor(value: string) {
    super(
      `${stopVariable} is "${value}"; it has to be a time in whole seconds since 1970, as \`date +%s\` prints it. Correct it or unset it.`,
    );
    this.value = value;
  }
}

/**
 * The time after which nothing runs any more, in milliseconds since the epoch: so long after now, or earlier if the environment says so.
 *
 * @param minutes from now
 * @param now in milliseconds since the epoch
 * @throws StopTimeError where the environment holds no time
 */
export function stopTime(minutes: number, now: number, env: Readonly<Record<string, string | undefined>>): number {
  const latest = now + minutes * 60_000;
  const value = env[stopVariable];
  if (value === undefined) return latest;
  if (!/^\d{1,11}$/.test(value)) throw new StopTimeError(value);
  return Math.min(latest, Number(value) * 1_000);
}
