import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import { githubOfStack, type GithubOfStack } from "../../../infra/github.ts";
import { GithubTokenMissingError, PlanError } from "../../../infra/github/errors.ts";
import { blankRepository, type Repository, type RepositoryQuery } from "../../../infra/github/repository.ts";
import { committed, withValues } from "../config/stacks.ts";
import "../pulumi-globals.ts";

interface Case {
  readonly stack?: string;
  readonly changes?: Readonly<Record<string, unknown>>;
  readonly env?: Readonly<Record<string, string>>;
  readonly token?: string;
  /** What is found at GitHub. @default nothing yet, in a public repository */
  readonly repository?: Partial<Repository>;
}

interface Looked {
  readonly found: GithubOfStack | undefined;
  readonly queries: readonly RepositoryQuery[];
}

async function look({ stack = "production", changes = {}, env = {}, token = "of the stack", repository }: Case) {
  const config = parseStackConfig(stack, withValues(await committed(stack), changes), { requireSecrets: false });
  const queries: RepositoryQuery[] = [];
  const read = (query: RepositoryQuery) => {
    queries.push(query);
    return Promise.resolve({ ...blankRepository(query), ...repository });
  };
  const secrets: Record<string, pulumi.Output<string>> = token === "" ? {} : { githubToken: pulumi.secret(token) };
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: name, state: inputs as Record<string, unknown> }),
    call: () => ({}),
  });
  let found: GithubOfStack | undefined;
  try {
    await pulumi.runtime.runInPulumiStack(async () => {
      found = await githubOfStack({ stack, config, secrets, env, read });
    });
  } finally {
    await pulumi.runtime.disconnect();
  }
  return { found, queries } satisfies Looked;
}

describe("the program's part at GitHub", () => {
  it("is none for a stack without the section, and nobody is asked", async () => {
    assert.deepEqual(await look({ changes: { github: undefined } }), { found: undefined, queries: [] });
  });

  it("is an environment of the stack's name, and the repository's settings in one stack alone", async () => {
    const { found: production } = await look({ repository: { labels: { bug: "Bug" } } });
    assert.equal(production?.args.environment.environment, "production");
    assert.deepEqual(production.args.environment.reviewers, { users: [1001], teams: [2001] });
    const labels = production.args.repository?.labels.map(({ name, existing }) => [name, existing]);
    assert.deepEqual(labels, [
      ["deployment", undefined],
      ["rollback", undefined],
      ["bug", "Bug"],
      ["staging", undefined],
      ["production", undefined],
    ]);
    const { found: staging, queries } = await look({ stack: "staging" });
    assert.equal(staging?.args.repository, undefined);
    assert.deepEqual(queries[0]?.labels, []);
  });

  it("asks with the variable's token where it is set, else with the stack's, and says where there is none", async () => {
    const asked = async (each: Case) => (await look(each)).queries[0]?.token;
    assert.equal(await asked({}), "of the stack");
    assert.equal(await asked({ env: { GITHUB_ADMIN_TOKEN: "" } }), "of the stack");
    assert.equal(await asked({ env: { GITHUB_ADMIN_TOKEN: "of the variable" } }), "of the variable");
    await assert.rejects(look({ token: "" }), (error: Error) => {
      assert.ok(error instanceof GithubTokenMissingError);
      assert.match(error.message, /pulumi config set --secret --stack production atom:githubToken/);
      return true;
    });
  });

  it("has GitHub's word on the plan before the configuration's", async () => {
    const team = { isPublic: false, plan: "team" } as const;
    const enterprise = { "github.plan": "enterprise" };
    await assert.rejects(look({ repository: team, changes: enterprise }), PlanError);
    const { found } = await look({ repository: { ...team, plan: undefined }, changes: enterprise });
    assert.deepEqual(found?.notes, []);
  });

  it("says that reviewers are gone where reviewers are wanted, and only there", async () => {
    const notesOf = async (each: Case) => (await look(each)).found?.notes;
    const [note = ""] = (await notesOf({ repository: { isReviewed: false } })) ?? [];
    assert.match(note, /^warning: the environment production has no required reviewers at GitHub/);
    assert.deepEqual(await notesOf({ repository: { isReviewed: true } }), []);
    assert.deepEqual(await notesOf({ repository: { isReviewed: undefined } }), []);
    assert.deepEqual(await notesOf({ stack: "staging", repository: { isReviewed: false } }), []);
  });
});
