import { ReleaseStack } from "./release-stack.ts";
import type { Setting } from "./test-stack.ts";

/** Stacks that take turns with pieces of work: as many pieces at the same time as there are stacks, each with a stack for itself. */
export class StackPool implements AsyncDisposable {
  readonly #stacks: readonly ReleaseStack[];
  readonly #free: ReleaseStack[];
  readonly #waiting: ((stack: ReleaseStack) => void)[] = [];

  private constructor(stacks: readonly ReleaseStack[]) {
    this.#stacks = stacks;
    this.#free = [...stacks];
  }

  /** @param settings that all of them have */
  static async create(names: readonly string[], ...settings: Setting[]): Promise<StackPool> {
    const made = await Promise.allSettled(names.map((name) => ReleaseStack.create(name, ...settings)));
    const pool = new StackPool(made.flatMap((one) => (one.status === "fulfilled" ? [one.value] : [])));
    const failed = made.find((one) => one.status === "rejected");
    if (failed === undefined) return pool;
    await pool[Symbol.asyncDispose]();
    throw failed.reason;
  }

  async run<Result>(work: (stack: ReleaseStack) => Promise<Result>): Promise<Result> {
    const stack = this.#free.pop() ?? (await new Promise<ReleaseStack>((resolve) => this.#waiting.push(resolve)));
    try {
      return await work(stack);
    } finally {
      const next = this.#waiting.shift();
      if (next === undefined) this.#free.push(stack);
      else next(stack);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#stacks.map((stack) => stack[Symbol.asyncDispose]()));
  }
}
