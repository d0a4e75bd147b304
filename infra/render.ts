// `npm run render`: every manifest of a stack as YAML, for review and for other tools.
import path from "node:path";
import { Command } from "commander";
import { UserError } from "../components/errors/user-error.ts";
import { renderStack } from "./render-stack.ts";

const root = path.join(import.meta.dirname, "..");

const command = new Command("npm run render --")
  .description(
    "Writes every Kubernetes object of a stack as YAML, one file each, as the first `pulumi up` would make them.\n" +
      "It needs neither a cluster nor a plugin nor the stack's secrets: their values are placeholders.",
  )
  .requiredOption("--stack <name>", "the stack, as in Pulumi.<name>.yaml")
  .requiredOption("--out <directory>", "where to write; new, empty, or written by an earlier rendering")
  .addHelpText(
    "after",
    "\nExamples:\n  npm run render -- --stack staging --out out/staging\n  kubectl diff -f out/staging\n  kubectl apply --dry-run=server -f out/staging",
  )
  .action(async ({ stack, out }: { stack: string; out: string }) => {
    const files = await renderStack({ root, stack, out: path.resolve(out) });
    console.log(`${files.length} manifests of ${stack} in ${out}`);
  });

try {
  await command.parseAsync();
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(error.message);
  process.exitCode = 1;
}
