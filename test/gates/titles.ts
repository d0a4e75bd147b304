import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { z } from "zod";
import type { TestEntry } from "./journal.ts";

const listSchema = z.strictObject({
  commit: z.string().optional(),
  /** Each group that ran, or was listed, with its tests. */
  groups: z.record(z.string(), z.array(z.strictObject({ file: z.string(), title: z.string() }))),
  /** Groups that there are, and that did not run. */
  notRun: z.array(z.string()),
});

/** The tests of a run by their full titles. */
export type TitleList = z.output<typeof listSchema>;

export interface TitleChanges {
  /** Titles of the first list that the second one has not, or has fewer times. */
  readonly lost: readonly string[];
  readonly added: readonly string[];
  /** Titles of the first list whose group did not run in the second one: they are neither lost nor kept. */
  readonly notRun: readonly string[];
}

export class TitleListError extends Error {
  override readonly name = "TitleListError";
  readonly file: string;

  constructor(file: string, cause: unknown) {
    super(
      `${file} is no list of titles. A run of all tests writes one (titles.json), and so does \`npm test -- --list FILE\`.`,
      { cause },
    );
    this.file = file;
  }
}

/** @throws TitleListError where the file is missing, or holds something else */
export function readTitles(file: string): TitleList {
  try {
    return listSchema.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (error) {
    throw new TitleListError(file, error);
  }
}

export function writeTitles(file: string, list: TitleList): void {
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(list, null, 1)}\n`);
}

/** The tests of a group as a list has them, in an order that does not depend on the run's. */
export function titlesOf(tests: readonly TestEntry[]): TitleList["groups"][string] {
  return tests
    .map(({ file, fullTitle }) => ({ file, title: fullTitle }))
    .sort((one, other) => one.file.localeCompare(other.file) || one.title.localeCompare(other.title));
}

/** Compares by titles alone: a test that went into another file or group is still there. */
export function compareTitles(before: TitleList, after: TitleList): TitleChanges {
  const left = countsOf(Object.values(after.groups));
  const lost: string[] = [];
  const notRun: string[] = [];
  for (const [group, tests] of Object.entries(before.groups))
    for (const { title } of tests) {
      const count = left.get(title) ?? 0;
      if (count > 0) left.set(title, count - 1);
      else if (after.notRun.includes(group)) notRun.push(title);
      else lost.push(title);
    }
  const added = [...left].flatMap(([title, count]) => Array<string>(count).fill(title));
  return { lost: lost.sort(), added: added.sort(), notRun: notRun.sort() };
}

function countsOf(groups: readonly TitleList["groups"][string][]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { title } of groups.flat()) counts.set(title, (counts.get(title) ?? 0) + 1);
  return counts;
}

/** The changes as lines for people, lost titles first. */
export function renderTitleChanges({ lost, added, notRun }: TitleChanges): string {
  const part = (what: string, titles: readonly string[]): string =>
    [`${titles.length} ${what}`, ...titles.map((title) => `  «${title}»`)].join("\n");
  const notRunLine = notRun.length === 0 ? [] : [`${notRun.length} of groups that did not run in the second list`];
  return [part("lost", lost), part("new", added), ...notRunLine].join("\n");
}
