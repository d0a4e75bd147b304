import { Credentials } from "../../delivery/smoke/credentials.ts";
import { SmokeTest } from "../../delivery/smoke/smoke-test.ts";
import { systemClock } from "../../delivery/clock/system-clock.ts";
import { openSite } from "../../delivery/target/site.ts";
import { atom } from "../../stacks/atom.ts";
import type { Cluster } from "../cluster/cluster.ts";
import { curlLines } from "./curl-lines.ts";
import { LocalStartError } from "./errors.ts";
import { instanceAddresses, localSmokeUser, localStack } from "./engine-environment.ts";
import { localStackCommand, projectFolder, startLocalCluster, type LocalStackOptions } from "./local-stack.ts";
import { pushCounts } from "./push-counts.ts";
import { showReleases } from "./show-releases.ts";

/** How long Envoy may take to route to pods that are ready, in milliseconds. */
const routedWithinMs = 30_000;

export interface StartOptions extends LocalStackOptions {
  /** Whether two versions are released in front of the user, where none was before. */
  readonly releases: boolean;
}

/** `npm start`: the cluster, the stack `local` in it, the smoke test through Envoy and two releases in front of the user. */
export async function startLocal(options: StartOptions): Promise<void> {
  const { reporter, signal } = options;
  const { cluster, toolchain } = await startLocalCluster(options);
  const { notes } = await reporter.task("Provisioning the stack local", { estimateSeconds: 20 }, async (update) => {
    let output = "";
    try {
      return await localStackCommand({
        command: "up",
        cluster,
        toolchain,
        signal,
        onOutput: (text) => {
          output += text;
          update(lastLine(text));
        },
      });
    } catch (error) {
      process.stderr.write(output);
      throw error;
    }
  });
  for (const note of notes) reporter.note(note);
  const variables = { METRICS_ENDPOINT: cluster.pushgatewayUrl };
  await pushCounts({ folder: projectFolder, stack: localStack, instance: instanceAddresses(cluster), variables });

  console.log("\nThe smoke test, through Envoy:");
  const door = { url: new URL(cluster.gatewayUrl), headers: {} };
  const smoke = new SmokeTest({
    steps: atom.smoke,
    doors: { public: door, candidate: door },
    credentials: new Credentials(localSmokeUser.username, localSmokeUser.password),
    clock: systemClock,
    routedWithinMs,
    onStep: (_through, { name, passed, duration, detail }) => {
      console.log(
        `  ${passed ? "ok    " : "failed"} ${name} in ${duration.toFixed(0)} ms${detail === undefined ? "" : `: ${detail}`}`,
      );
    },
  });
  const { passed } = await smoke.run("public", signal);
  if (!passed) throw new LocalStartError("the smoke test failed; npm run status says where the logs are");
  const lines = curlLines(atom.smoke, cluster.gatewayUrl, localSmokeUser).map((line) => `  ${line}`);
  console.log(`\nAtom answers at ${cluster.gatewayUrl}\n\nThe same by hand:\n${lines.join("\n")}`);

  const shows = options.releases && (await neverReleased(cluster));
  const reports = shows ? await showReleases({ cluster, toolchain, reporter, signal }) : [];
  if (reports.length > 0) console.log(`\nTheir reports:\n${reports.map((file) => `  file://${file}`).join("\n")}`);
  console.log(
    `\nWhat was released:  npx atom history --stack local\nWhat happened:      npx atom explain last --stack local\n` +
      "What runs:          npm run status\nEnd it:             npm stop",
  );
}

/** A second start leaves what people have released. */
async function neverReleased({ context, kubeconfig }: Cluster): Promise<boolean> {
  using site = await openSite({ stack: localStack, context, kubeconfig }, { folder: projectFolder });
  const { sequence } = await site.store.read(AbortSignal.timeout(10_000));
  return sequence === 0;
}

/** The last line with something in it, as a sign of life. */
function lastLine(text: string): string {
  return text.trim().split("\n").at(-1)?.trim().slice(0, 80) ?? "";
}
