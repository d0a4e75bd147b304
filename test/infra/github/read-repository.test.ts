import assert from "node:assert/strict";
import { readRepository } from "../../../infra/github/read-repository.ts";
import { GithubRefusalError, GithubUnreachableError, UnknownReviewersError } from "../../../infra/github/errors.ts";
import type { RepositoryQuery } from "../../../infra/github/repository.ts";
import { GithubStandIn } from "../../support/github/stand-in.ts";

describe("what the program reads of a repository", () => {
  let github: GithubStandIn;
  beforeEach(async () => {
    github = await GithubStandIn.start();
    github.settings.users.set("ada", 11);
    github.settings.teams.set("releasers", 21);
  });
  afterEach(async () => {
    await github[Symbol.asyncDispose]();
    assert.deepEqual(github.violations, []);
  });

  const query = (changes: Partial<RepositoryQuery> = {}): RepositoryQuery => ({
    ...{ owner: "example", name: "atom", token: github.token, apiUrl: github.apiUrl },
    ...{ environment: "production", users: ["ada"], teams: ["releasers"], labels: ["bug"] },
    ...changes,
  });

  it("is who may approve by their ids, which labels there are, and that there is no environment yet", async () => {
    github.settings.setLabel({ name: "Bug", color: "123456", description: "" });
    assert.deepEqual(await readRepository(query({ labels: ["bug", "rollback"] })), {
      isPublic: true,
      plan: undefined,
      users: [11],
      teams: [21],
      labels: { bug: "Bug" },
      isReviewed: undefined,
    });
  });

  it("changes nothing there", async () => {
    await readRepository(query());
    assert.ok(github.requests.every(({ operation }) => operation.startsWith("GET ")));
  });

  it("is the plan of a private repository, be its owner an organization or a person", async () => {
    Object.assign(github.settings, { visibility: "internal", plan: "team" });
    assert.equal((await readRepository(query())).plan, "team");
    Object.assign(github.settings, { visibility: "private", plan: "pro", owner: "User" });
    assert.equal((await readRepository(query({ teams: [] }))).plan, "pro");
    github.settings.plan = undefined;
    assert.equal((await readRepository(query({ teams: [] }))).plan, undefined);
  });

  it("is refused with every reviewer who is unknown", async () => {
    await assert.rejects(readRepository(query({ users: ["ada", "eve"], teams: ["nobody"] })), (error: Error) => {
      assert.ok(error instanceof UnknownReviewersError);
      assert.deepEqual(error.unknown, ["eve", "example/nobody"]);
      return true;
    });
  });

  for (const [what, change, status] of [
    ["a wrong token", { token: "ghp_wrong" }, 401],
    ["a repository that is not there", { name: "other" }, 404],
  ] as const)
    it(`is refused for ${what}, with what the token has to be allowed`, async () => {
      await assert.rejects(readRepository(query(change)), (error: Error) => {
        assert.ok(error instanceof GithubRefusalError);
        assert.equal(error.status, status);
        assert.match(error.message, /Nothing was changed\.\nNeeded: .*Administration/);
        assert.ok(!error.message.includes("ghp_wrong"));
        return true;
      });
    });

  it("is refused to a token that may not change the repository's settings", async () => {
    github.settings.isAdmin = false;
    await assert.rejects(readRepository(query()), /does not let the token change the repository's settings/);
  });

  it("cannot be read where GitHub is away or in trouble", async () => {
    github.trouble.next(1, { kind: "status", status: 502 });
    await assert.rejects(readRepository(query()), (error: Error) => {
      assert.ok(error instanceof GithubUnreachableError);
      assert.match(error.message, /cannot be reached: it answered 502/);
      return true;
    });
    github.trouble.next(1, { kind: "dropped", accepted: false });
    await assert.rejects(readRepository(query()), GithubUnreachableError);
  });
});
