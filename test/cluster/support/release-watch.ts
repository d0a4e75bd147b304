import { spawn, type ChildProcess } from "node:child_process";
import { isDeepStrictEqual } from "node:util";
import type { Ledger } from "../../../components/ledger/ledger.ts";
import { otherSlot, type SlotName } from "../../../components/names/slot-name.ts";
import { eventually } from "../../support/eventually.ts";
import type { TestStack } from "./test-stack.ts";

interface Version<Value> {
  /** Of the whole store, so that changes of two objects have an order. */
  readonly at: bigint;
  readonly value: Value;
}

type Weights = Readonly<Record<SlotName, number>>;

/** Everything that ever was in the VirtualService and the ledger of a stack, in order, from when the watch began. */
export class ReleaseWatch implements AsyncDisposable {
  readonly #stack: TestStack;
  readonly #routes: ObjectWatch<Weights>;
  readonly #ledgers: ObjectWatch<Ledger>;

  private constructor(stack: TestStack) {
    this.#stack = stack;
    this.#routes = new ObjectWatch(stack, "virtualservice/atom", "{.spec.http}", (text) =>
      weightsOf(JSON.parse(text) as readonly Route[]),
    );
    this.#ledgers = new ObjectWatch(
      stack,
      "configmap/atom-ledger",
      "{.data.ledger\\.json}",
      (text) => JSON.parse(text) as Ledger,
    );
  }

  static async start(stack: TestStack): Promise<ReleaseWatch> {
    const watch = new ReleaseWatch(stack);
    await watch.settled();
    return watch;
  }

  /** Resolves when all that is there by now was seen. */
  async settled(): Promise<void> {
    await Promise.all([this.#routes.settled(this.#stack), this.#ledgers.settled(this.#stack)]);
  }

  get ledgers(): readonly Ledger[] {
    return this.#ledgers.versions.map(({ value }) => value);
  }

  /** The weights that a slot had, one for each time that they were changed. */
  sharesOf(slot: SlotName): readonly number[] {
    return this.#changes().map(({ value }) => value[slot]);
  }

  /** Changes of weights for which the ledger, as it was at that moment, had no release that had decided on just these. */
  unjournalled(): readonly string[] {
    return this.#changes()
      .slice(1)
      .flatMap(({ at, value: weights }) => {
        const ledger = this.#ledgers.versions.findLast((version) => version.at < at)?.value;
        const current = ledger?.current;
        const decided = current && {
          [current.slot]: current.state.percent,
          [otherSlot(current.slot)]: 100 - current.state.percent,
        };
        if (decided?.blue === weights.blue && decided.green === weights.green) return [];
        return [
          `${JSON.stringify(weights)} where ${current?.state.phase ?? "no release"} had decided on ${JSON.stringify(decided)}`,
        ];
      });
  }

  /** A releaser's stamp, and where requests with a header of their own are led, move no user. */
  #changes(): readonly Version<Weights>[] {
    return this.#routes.versions.filter(({ value }, index, all) => !isDeepStrictEqual(value, all[index - 1]?.value));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([this.#routes[Symbol.asyncDispose](), this.#ledgers[Symbol.asyncDispose]()]);
  }
}

interface Route {
  readonly route: readonly { readonly destination: { readonly host: string }; readonly weight?: number }[];
}

function weightsOf(http: readonly Route[]): Weights {
  const weights = { blue: 0, green: 0 };
  for (const { destination, weight = 100 } of http.at(-1)?.route ?? [])
    weights[destination.host === "atom-blue" ? "blue" : "green"] = weight;
  return weights;
}

const separator = "\n---\n";

/** One object, followed by kubectl. */
class ObjectWatch<Value> implements AsyncDisposable {
  readonly versions: Version<Value>[] = [];
  readonly #resource: string;
  readonly #child: ChildProcess;
  readonly #closed: Promise<unknown>;
  #rest = "";

  constructor(stack: TestStack, resource: string, template: string, parse: (text: string) => Value) {
    this.#resource = resource;
    const format = `jsonpath={.metadata.resourceVersion}{"\\n"}${template}{"\\n---\\n"}`;
    const { cluster, toolchain } = stack.shared;
    const child = spawn(
      toolchain.path("kubectl"),
      [
        "--kubeconfig",
        cluster.kubeconfig,
        "get",
        resource,
        "--namespace",
        stack.namespace,
        "--watch",
        "--output",
        format,
      ],
      { stdio: ["ignore", "pipe", "inherit"] },
    );
    this.#child = child;
    this.#closed = new Promise((resolve) => child.once("close", resolve));
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      const parts = (this.#rest + text).split(separator);
      this.#rest = parts.pop() ?? "";
      for (const part of parts) {
        const line = part.indexOf("\n");
        this.versions.push({ at: BigInt(part.slice(0, line)), value: parse(part.slice(line + 1)) });
      }
    });
  }

  async settled(stack: TestStack): Promise<void> {
    const version = [
      "get",
      this.#resource,
      "--namespace",
      stack.namespace,
      "-o",
      "jsonpath={.metadata.resourceVersion}",
    ];
    const live = BigInt(await stack.kubectl.run(version));
    await eventually(`${this.#resource} was seen at version ${live}`, () => {
      const last = this.versions.at(-1);
      return last !== undefined && last.at >= live ? true : undefined;
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#child.exitCode === null && this.#child.signalCode === null) this.#child.kill();
    await this.#closed;
  }
}
