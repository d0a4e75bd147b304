/** Work that takes about so many seconds on the machine of the estimates. Pieces of one lane are done one after the other. */
export interface Piece {
  readonly name: string;
  readonly lane: string;
  readonly estimateSeconds: number;
}

interface State extends Piece {
  startedAt?: number;
  endedAt?: number;
  /** Of the whole piece, 0 to 1, where it says so. */
  done?: number;
}

/** So many estimated seconds of work are taken as done in time, so that the first moments decide nothing. */
const priorSeconds = 3;
/** What a piece that reports no progress still takes when its estimate is over: this part of the time that passed. */
const overdue = 1 / 3;

/**
 * How long the rest takes, from estimates that were made on another machine: what is left of them, multiplied by how much slower (or
 * faster) than estimated the measured part of the work went here. Only pieces that say how much of them is done are measured:
 * a download says nothing about the compiler.
 */
export class Forecast {
  readonly #pieces: readonly State[];
  readonly #now: () => number;

  /** `now` gives milliseconds. */
  constructor(pieces: readonly Piece[], now: () => number) {
    this.#pieces = pieces.map((piece) => ({ ...piece }));
    this.#now = now;
  }

  /** A piece that waited for something else before it could be measured may start again. */
  start(name: string): void {
    this.#piece(name).startedAt = this.#now();
  }

  /** `done` is the part of the piece that is done, 0 to 1. */
  progress(name: string, done: number): void {
    this.#piece(name).done = done;
  }

  end(name: string): void {
    const piece = this.#piece(name);
    piece.endedAt = this.#now();
    if (piece.done !== undefined) piece.done = 1;
  }

  /** Seconds until the piece is done, once it has started. */
  secondsOf(name: string): number {
    return this.#left(this.#piece(name));
  }

  /** Seconds until all pieces are done. */
  seconds(): number {
    const lanes = Map.groupBy(this.#pieces, ({ lane }) => lane);
    return Math.max(
      0,
      ...[...lanes.values()].map((pieces) => pieces.reduce((sum, piece) => sum + this.#left(piece), 0)),
    );
  }

  /** For the line of a running piece: what it and what all still take. */
  outlook(name: string): string {
    const ended = this.#pieces.filter(({ endedAt }) => endedAt !== undefined).length;
    const all =
      this.#pieces.length < 2
        ? ""
        : ` (${ended} of ${this.#pieces.length} done, ${about(this.seconds())} for the rest)`;
    const { startedAt = this.#now(), estimateSeconds, done } = this.#piece(name);
    const isLate = done === undefined && (this.#now() - startedAt) / 1_000 > estimateSeconds;
    return `${isLate ? "longer than estimated, " : ""}${about(this.secondsOf(name))} more${all}`;
  }

  #left(piece: State): number {
    if (piece.endedAt !== undefined) return 0;
    const whole = piece.estimateSeconds * this.#slowness(piece.lane);
    if (piece.startedAt === undefined) return whole;
    if (piece.done !== undefined) return whole * (1 - piece.done);
    const passed = this.#elapsed(piece);
    return Math.max(whole - passed, passed > piece.estimateSeconds ? passed * overdue : 0);
  }

  /** Measured seconds for each estimated one. */
  #slowness(lane: string): number {
    const measured = this.#pieces.filter((piece) => piece.lane === lane && piece.done !== undefined);
    const took = measured.reduce((sum, piece) => sum + this.#elapsed(piece), priorSeconds);
    const estimated = measured.reduce(
      (sum, { estimateSeconds, done = 0 }) => sum + estimateSeconds * done,
      priorSeconds,
    );
    return took / estimated;
  }

  #elapsed({ startedAt, endedAt }: State): number {
    return startedAt === undefined ? 0 : ((endedAt ?? this.#now()) - startedAt) / 1_000;
  }

  #piece(name: string): State {
    const piece = this.#pieces.find((candidate) => candidate.name === name);
    if (piece === undefined) throw new Error(`no piece of work is called ${name}`);
    return piece;
  }
}

/** Rounded as far as it can be relied on. */
export function about(seconds: number): string {
  if (seconds < 60) return `about ${Math.max(5, Math.round(seconds / 5) * 5)} s`;
  return `about ${Math.round(seconds / 60)} min`;
}
