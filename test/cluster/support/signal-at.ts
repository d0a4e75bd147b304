// Loaded into a releaser's process by `--import`. It looks on as the process writes to the API server, and sends the process a signal at an
// exact moment: when a line of the journal, or a weight, is about to be written, or as soon as it is written and before anything is made of it.
import type { ClientRequest } from "node:http";
import https from "node:https";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const variable = "ATOM_TEST_SIGNAL_AT";

const momentSchema = z.strictObject({
  signal: z.enum(["SIGKILL", "SIGSTOP", "SIGTERM"]),
  /** `before`: the request is not sent yet. `after`: the API server has answered, and the process does not know it yet. */
  when: z.enum(["before", "after"]),
  /** What is written: a journal line with this event, or a patch that moves traffic. */
  what: z.union([z.strictObject({ event: z.string() }), z.strictObject({ shift: z.literal(true) })]),
  /** Which one of them, from 1. */
  nth: z.int().min(1),
});

/** When a releaser is sent which signal. */
export type Moment = z.output<typeof momentSchema>;

/** Environment of a process that is to send itself a signal at that moment. */
export function signalAt(moment: Moment): Record<string, string> {
  return { NODE_OPTIONS: `--import=${fileURLToPath(import.meta.url)}`, [variable]: JSON.stringify(moment) };
}

/** How many of what the moment is about there will be once this request is granted. */
type Counter = (path: string, body: string) => number;

function countEvents(event: string): Counter {
  let own: string | undefined;
  const ledgerSchema = z.object({ data: z.object({ "ledger.json": z.string() }) });
  const releaseSchema = z.object({ id: z.string(), journal: z.array(z.object({ event: z.string() })) });
  const recordSchema = z.object({ current: releaseSchema.nullable(), releases: z.array(releaseSchema) });
  return (path, body) => {
    if (!/\/configmaps\/[^/?]*-ledger\b/.test(path)) return 0;
    const { current, releases } = recordSchema.parse(
      JSON.parse(ledgerSchema.parse(JSON.parse(body)).data["ledger.json"]),
    );
    own ??= current?.id;
    const release = current ?? releases.find(({ id }) => id === own);
    return release?.id === own ? (release?.journal.filter((line) => line.event === event).length ?? 0) : 0;
  };
}

function countShifts(): Counter {
  const routeSchema = z.looseObject({ name: z.string().optional(), route: z.unknown().optional() });
  const patchSchema = z.object({ spec: z.object({ http: z.array(routeSchema) }).optional() });
  let weights: string | undefined;
  let shifts = 0;
  return (path, body) => {
    if (!path.includes("/virtualservices/")) return 0;
    const { spec } = patchSchema.parse(JSON.parse(body));
    if (spec === undefined) return 0;
    const before = weights;
    weights = JSON.stringify(spec.http.find(({ name }) => name === "primary")?.route);
    // The first one brings the route for x-canary, and moves nobody.
    return before === undefined || before === weights ? 0 : (shifts += 1);
  };
}

function watchWrites({ signal, when, what, nth }: Moment): void {
  const count = "event" in what ? countEvents(what.event) : countShifts();
  const send = https.request as (...args: readonly unknown[]) => ClientRequest;
  let due = true;
  const strike = (): void => {
    if (!due) return;
    due = false;
    process.kill(process.pid, signal);
  };
  const watched = (...args: readonly unknown[]): ClientRequest => {
    const outgoing = send(...args);
    if (outgoing.method !== "PATCH") return outgoing;
    const end = outgoing.end.bind(outgoing) as (...rest: readonly unknown[]) => ClientRequest;
    const endWatched = (...rest: readonly unknown[]): ClientRequest => {
      const [body] = rest;
      if (due && typeof body === "string" && count(outgoing.path, body) >= nth) {
        if (when === "before") strike();
        else
          outgoing.prependListener("response", ({ statusCode }) => {
            if (statusCode === 200) strike();
          });
      }
      return end(...rest);
    };
    return Object.assign(outgoing, { end: endWatched });
  };
  Object.assign(https, { request: watched });
}

const moment = process.env[variable];
if (moment !== undefined) watchWrites(momentSchema.parse(JSON.parse(moment)));
