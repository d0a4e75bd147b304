// A world whose releases are told to stand-ins of Slack and GitHub.
import type { Ledger } from "../../../components/ledger/ledger.ts";
import type { Change } from "../../../components/ledger/release-record.ts";
import type { ReleasePlanInput } from "../../../components/release-plan/release-plan.ts";
import { LedgerStore } from "../../../delivery/ledger/store.ts";
import { connectChannels, type Connected } from "../../../delivery/notify/connect.ts";
import { Courier } from "../../../delivery/notify/courier.ts";
import { Sender } from "../../../delivery/notify/sender.ts";
import type { SessionEnd } from "../../../delivery/release/session.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";
import { SlackStandIn } from "../../support/slack/stand-in.ts";
import type { Conversation } from "../../support/slack/workspace.ts";
import type { Releaser } from "../release/releaser.ts";
import { World } from "../release/world.ts";
import { releasePlan } from "../support/plans.ts";
import { RequestsInFlight } from "./requests-in-flight.ts";

export const change: Change = {
  commit: "0123456789abcdef0123456789abcdef01234567",
  author: "Ann <script>",
  message: "Faster agents, thanks to @bob & `code`",
  committedAt: "2026-01-01T00:00:00.000Z",
  repository: "example/atom",
  run: "https://github.example.com/example/atom/actions/runs/42",
};

export interface NotifiedOptions {
  /** @default true */
  readonly urgent?: boolean;
  /** Variables beside the stand-ins'; `undefined` takes one away. */
  readonly variables?: Readonly<Record<string, string | undefined>>;
  readonly plan?: Partial<ReleasePlanInput>;
}

export interface ReleaseOptions {
  /** How long the courier may send at the end, in milliseconds of virtual time. @default a minute */
  readonly sendFor?: number;
  readonly during?: (releaser: Releaser) => void;
  /** @default 0 */
  readonly after?: number;
}

/** Everything that a release is told to, and the release's own world, on one virtual clock. */
export class NotifiedWorld implements AsyncDisposable {
  readonly world: World;
  readonly slack: SlackStandIn;
  readonly github: GithubStandIn;
  readonly channel: Conversation;
  readonly critical: Conversation;
  #variables: Readonly<Record<string, string | undefined>> = {};
  readonly #inFlight = new RequestsInFlight();

  private constructor(
    world: World,
    slack: SlackStandIn,
    github: GithubStandIn,
    channels: Conversation[],
    options: NotifiedOptions,
  ) {
    const [channel, critical] = channels;
    if (channel === undefined || critical === undefined) throw new Error("there are two channels");
    this.world = world;
    this.slack = slack;
    this.github = github;
    this.channel = channel;
    this.critical = critical;
    this.useVariables(options.variables ?? {});
    world.clock.quiet = () => this.#inFlight.quiet();
  }

  static async start(options: NotifiedOptions = {}): Promise<NotifiedWorld> {
    // The stand-ins live in the world's time.
    const time: { now: () => number } = { now: Date.now };
    const slack = await SlackStandIn.start({ now: () => time.now() });
    const github = await GithubStandIn.start(() => time.now());
    github.repository.members.add("on-call");
    const bot = slack.workspace.tokens.get(slack.token)?.user.id ?? "";
    const channels = ["releases", "incidents"].map((name) => slack.workspace.addConversation({ name, members: [bot] }));
    const world = new World(
      releasePlan({
        environment: "production",
        notifications: {
          urgent: options.urgent ?? true,
          slack: { channel: channels[0]?.id ?? "", criticalChannel: channels[1]?.id ?? "" },
          github: {
            repository: github.name,
            assignees: ["on-call"],
            files: ["docs/runbook.md", "https://wiki.example.com/atom"],
          },
        },
        ...options.plan,
      }),
    );
    time.now = () => world.clock.now();
    return new NotifiedWorld(world, slack, github, channels, options);
  }

  /** What the next courier finds in its environment, beside what leads to the stand-ins. */
  useVariables(variables: Readonly<Record<string, string | undefined>>): void {
    const { slack, github } = this;
    this.#variables = {
      SLACK_BOT_TOKEN: slack.token,
      SLACK_API_URL: slack.apiUrl,
      GITHUB_TOKEN: github.token,
      GITHUB_API_URL: github.apiUrl,
      GITHUB_SERVER_URL: "https://github.example.com",
      ...variables,
    };
  }

  connected(): Connected {
    const { notifications, service, environment } = this.world.plan;
    if (notifications === null) throw new Error("the plan says whom to tell");
    return connectChannels({ notifications, service, environment, variables: this.#variables });
  }

  store(by = "courier"): LedgerStore {
    const { clock, cluster } = this.world;
    return new LedgerStore({ cluster: cluster.client(by), clock, namespace: "atom-staging", service: "atom" });
  }

  courier(random: () => number = () => 0.5): Courier {
    const { channels, scrub } = this.connected();
    return new Courier({ store: this.store(), clock: this.world.clock, channels, scrub, random });
  }

  sender(by?: string): Sender {
    const { channels, scrub } = this.connected();
    return new Sender({ store: this.store(by), clock: this.world.clock, channels, scrub, random: () => 0.5 });
  }

  /** Releases with a courier beside it, to the end of both; `during` happens `after` milliseconds. */
  async release({ sendFor = 60_000, during, after = 0 }: ReleaseOptions = {}): Promise<SessionEnd> {
    const { world } = this;
    const releaser = world.releaser();
    const courier = this.courier();
    courier.start();
    const ended = releaser.release(
      { by: "anna", change },
      {
        adapters: (tools, subject) => {
          const own = releaser.adapters(tools, subject);
          return {
            ...own,
            notifier: {
              notify: (entry, state) => {
                own.notifier.notify(entry, state);
                courier.notify(entry, state);
              },
              trouble: (detail) => {
                own.notifier.trouble(detail);
              },
            },
          };
        },
      },
    );
    ended.catch(() => undefined);
    if (during !== undefined) {
      await world.clock.pass(after);
      during(releaser);
    }
    const end = await world.clock.settle(ended);
    await world.clock.settle(courier.drain(sendFor, new AbortController().signal));
    return end;
  }

  /** The next run: sends what is left, for so long in milliseconds of virtual time. */
  async flush(sendFor = 3_600_000): Promise<void> {
    const sending = this.courier().drain(sendFor, new AbortController().signal);
    await this.world.clock.settle(sending, sendFor + 60_000);
  }

  get ledger(): Ledger {
    return this.world.ledger;
  }

  /** What did not fit the published schemas. */
  get violations(): readonly string[] {
    return [...this.slack.violations, ...this.github.violations];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#inFlight[Symbol.dispose]();
    await this.slack[Symbol.asyncDispose]();
    await this.github[Symbol.asyncDispose]();
  }
}
