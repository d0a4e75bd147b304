import assert from "node:assert/strict";
import { GithubAccessError, githubAccess, workflowRun } from "../../../delivery/github/workflow.ts";

const variables = { GITHUB_TOKEN: "ghs_x", GITHUB_REPOSITORY: "example/atom" };

describe("what GitHub tells a workflow's job", () => {
  it("is its repository and its token, and where its API is", () => {
    const access = { token: "ghs_x", owner: "example", repo: "atom" };
    assert.deepEqual(githubAccess(variables), access);
    assert.deepEqual(githubAccess({ ...variables, GITHUB_API_URL: "https://github.example.com/api/v3/" }), {
      ...access,
      apiUrl: "https://github.example.com/api/v3",
    });
  });

  it("is refused with the name of what is missing, and never with the token", () => {
    for (const [part, name] of [
      [{ GITHUB_TOKEN: "" }, "GITHUB_TOKEN"],
      [{ GITHUB_TOKEN: undefined }, "GITHUB_TOKEN"],
      [{ GITHUB_REPOSITORY: undefined }, "GITHUB_REPOSITORY"],
      [{ GITHUB_REPOSITORY: "atom" }, "GITHUB_REPOSITORY"],
      [{ GITHUB_REPOSITORY: "example/atom/more" }, "GITHUB_REPOSITORY"],
      [{ GITHUB_API_URL: "nowhere" }, "GITHUB_API_URL"],
    ] as const)
      assert.throws(
        () => githubAccess({ ...variables, ...part }),
        (error) =>
          error instanceof GithubAccessError && error.message.startsWith(name) && !error.message.includes("ghs_x"),
      );
  });

  it("is the address of its run, and nothing outside of a workflow", () => {
    const run = { ...variables, GITHUB_SERVER_URL: "https://github.com", GITHUB_RUN_ID: "42" };
    assert.equal(workflowRun(run), "https://github.com/example/atom/actions/runs/42");
    for (const name of ["GITHUB_SERVER_URL", "GITHUB_RUN_ID", "GITHUB_REPOSITORY"])
      assert.equal(workflowRun({ ...run, [name]: undefined }), undefined, name);
  });
});
