/** The app that reports the checks of GitHub's own workflows: the same id everywhere on github.com. */
export const actionsAppId = 15368;

/** What a change has to pass before it comes to a branch that is deployed: names of jobs in .github/workflows/{ci,integration}.yml. */
export const requiredChecks: readonly string[] = [
  ...["check", "test", "image"],
  ...["integration (contract)", "integration (cluster)"],
];
