import { readCheckout } from "./checkout.ts";
import { runTests } from "./test-process.ts";
import { titlesOf, type TitleList } from "./titles.ts";
import { filesOf, type TestGroup } from "./whole-run.ts";

/** Longest time in which the files of a group are loaded, in milliseconds. */
const loadTimeoutMs = 10 * 60_000;

/**
 * The titles of all tests of these groups, from files that are loaded and not run.
 *
 * @param log file for what loading prints
 * @throws Error where the files of a group cannot be loaded
 */
export async function listTitles(groups: Readonly<Record<string, TestGroup>>, log: string): Promise<TitleList> {
  const lists: Record<string, TitleList["groups"][string]> = {};
  for (const [name, group] of Object.entries(groups)) {
    const request = { files: filesOf(group), seed: 1, timeoutMs: 60_000, dryRun: true };
    const run = await runTests(request, { deadline: Date.now() + loadTimeoutMs, log });
    if (!run.ended || run.failed.length > 0)
      throw new Error(`The tests of the group ${name} could not be listed; see ${log}.`);
    lists[name] = titlesOf([...run.passed, ...run.pending]);
  }
  const { commit } = readCheckout(process.cwd());
  return { ...(commit === undefined ? {} : { commit }), groups: lists, notRun: [] };
}
