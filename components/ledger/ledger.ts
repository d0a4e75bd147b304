import { z } from "zod";
import { UserError } from "../errors/user-error.ts";
import { prettyJson } from "../json/json.ts";
import { slotNames, type SlotName } from "../names/slot-name.ts";
import { asWritten, open, withUnreadParts } from "./open.ts";
import { outbox } from "./outbox.ts";
import {
  hasServed,
  pastRelease,
  releaseUnderWay,
  templateDigest,
  timestamp,
  type PastRelease,
} from "./release-record.ts";
import { cutText } from "../text/cut.ts";
import { totals } from "./totals.ts";

/** The newest form of the ledger that this version reads and writes. */
export const ledgerSchemaVersion = 1;

/** A pod template that was rolled back and must not come again by itself. */
const quarantined = {
  template: templateDigest,
  reason: z.string().min(1).describe("why it was rolled back"),
  at: timestamp,
  release: z.string().min(1).describe("the release that rolled it back"),
};
const quarantineEntry = open(quarantined);

const ledgerSchema = withUnreadParts(
  open({
    schema: z.literal(ledgerSchemaVersion),
    service: z.string().min(1),
    fence: z
      .int()
      .min(0)
      .describe("counts the releasers that took the lease; whoever has a smaller number must not act"),
    sequence: z.int().min(0).describe("counts the releases; names them"),
    active: z.enum(slotNames).describe("the slot that serves"),
    current: releaseUnderWay.nullable().describe("the release under way"),
    releases: z.array(pastRelease).describe("past releases, the newest first"),
    quarantine: z.array(quarantineEntry),
    lifted: z
      .array(open({ ...quarantined, liftedAt: timestamp, liftedBy: z.string(), why: z.string().min(1) }))
      .exactOptional()
      .describe("quarantines that people lifted, the newest first"),
    withdrawn: z
      .array(quarantineEntry)
      .exactOptional()
      .describe(
        "templates that users rolled back, the newest first: not staged again, but not to blame either @default none",
      ),
    totals: totals.exactOptional().describe("what the deployment metrics are made of @default nothing happened yet"),
    outbox: outbox.exactOptional().describe("what is to be told of releases @default nothing"),
  }),
  { totals, outbox },
);

/** What happened to a service: durable, in the cluster, the source of what is active. */
export type Ledger = z.infer<typeof ledgerSchema>;
export type QuarantineEntry = z.infer<typeof quarantineEntry>;

/** The ledger is not JSON, or not of the form that its `schema` promises. */
export class LedgerCorruptError extends UserError {
  override readonly name = "LedgerCorruptError";
  readonly problems: readonly string[];

  constructor(where: string, problems: readonly string[], options?: ErrorOptions) {
    super(
      `The ledger ${where} cannot be read:\n${shown(problems)}\n` +
        "Nothing was changed. Restore it from a copy; its managedFields say who wrote it last. Do not delete it: it says which slot serves.",
      options,
    );
    this.problems = problems;
  }
}

/** In an error. */
const mostShown = 20;

function shown(problems: readonly string[]): string {
  const lines = problems.slice(0, mostShown).map((problem) => `  ${cutText(problem, 300)}`);
  const more = problems.length - lines.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more`] : [])].join("\n");
}

/** The ledger was written by a newer version of this project. */
export class LedgerNewerError extends UserError {
  override readonly name = "LedgerNewerError";
  readonly schema: number;

  constructor(where: string, schema: number) {
    super(
      `The ledger ${where} has schema ${schema}; this version reads up to ${ledgerSchemaVersion}.\n` +
        "Nothing was changed. Use the newer version of this project that wrote it.",
    );
    this.schema = schema;
  }
}

/** The ledger of a service that has never been released: the first version comes up in `blue`. */
export function initialLedger(service: string, active: SlotName = "blue"): Ledger {
  return {
    schema: ledgerSchemaVersion,
    service,
    fence: 0,
    sequence: 0,
    active,
    current: null,
    releases: [],
    quarantine: [],
  };
}

/** The release that serves: the newest that came through in the active slot. */
export function servingRelease({ releases, active }: Pick<Ledger, "releases" | "active">): PastRelease | undefined {
  return releases.find((release) => release.slot === active && hasServed(release));
}

/** The text that the ConfigMap holds: readable by people, the same for the same ledger; what only a newer version knows is as it was read. */
export function formatLedger(ledger: Ledger): string {
  return `${prettyJson(ledger, asWritten)}\n`;
}

/**
 * Reads a ledger's text. Throws a {@link LedgerNewerError} where a newer version wrote it, and a {@link LedgerCorruptError} with every
 * problem where nothing sensible did.
 *
 * @param where names the ledger in messages, e.g. `atom-staging/atom-ledger`
 * @param service whose ledger it must be
 */
export function parseLedger(text: string, where: string, service: string): Ledger {
  const value = parseJson(text, where);
  const schema = z.looseObject({ schema: z.int() }).safeParse(value);
  if (schema.success && schema.data.schema > ledgerSchemaVersion) throw new LedgerNewerError(where, schema.data.schema);
  const result = ledgerSchema.safeParse(value);
  if (!result.success) {
    const problems = result.error.issues.map(
      ({ path, message }) => `${path.map(String).join(".") || "ledger"}: ${message}`,
    );
    throw new LedgerCorruptError(where, problems, { cause: result.error });
  }
  if (result.data.service !== service)
    throw new LedgerCorruptError(where, [`service: it belongs to "${result.data.service}", not to "${service}"`]);
  return result.data;
}

function parseJson(text: string, where: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new LedgerCorruptError(where, [`it is not JSON: ${(cause as Error).message}`], { cause });
  }
}
