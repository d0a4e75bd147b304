import { spawn } from "node:child_process";
import { mkdir } from "node:fs/promises";
import path from "node:path";
import { importImages, type Cluster } from "../cluster/cluster.ts";
import { atom as atomService } from "../../stacks/atom.ts";
import { buildAtomImage } from "../images/images.ts";
import type { AtomVariant } from "../images/atom-image.ts";
import type { Reporter } from "../progress.ts";
import type { Toolchain } from "../toolchain/ensure.ts";
import { localSmokeUser, localStack } from "./engine-environment.ts";
import { LocalStartError } from "./errors.ts";
import { localStackCommand, projectFolder } from "./local-stack.ts";
import { Visitors } from "./visitors.ts";

export interface ShowOptions {
  readonly cluster: Cluster;
  readonly toolchain: Toolchain;
  readonly reporter: Reporter;
  readonly signal: AbortSignal;
}

interface Shown {
  readonly title: string;
  readonly image: AtomVariant;
  /** What `atom release` has to end with. */
  readonly exitCode: number;
  /** Name of the report in the instance's folder. */
  readonly report: string;
}

/** A version that is as good as the first one, and one that passes its smoke test and fails its users. */
const releases: readonly Shown[] = [
  {
    title: "A good version, 0.2.0",
    image: { version: "0.2.0", reference: "atom.local/atom:0.2.0" },
    exitCode: 0,
    report: "good-release.html",
  },
  {
    title: "A bad version, 0.3.0: it passes its smoke test, and then fails one of three users",
    image: {
      version: "0.3.0",
      reference: "atom.local/atom:0.3.0",
      env: { ATOM_FAULTS: JSON.stringify({ errorShare: 0.34, spacing: "random", exceptHeader: "x-canary" }) },
    },
    exitCode: 10,
    report: "bad-release.html",
  },
];

const atom = path.join(projectFolder, "delivery", "atom.ts");

/** Releases a good version and a bad one, while requests come in, in front of the user. Resolves with the reports' files. */
export async function showReleases(options: ShowOptions): Promise<readonly string[]> {
  const { cluster } = options;
  const reports = path.join(cluster.folder, "reports");
  await mkdir(reports, { recursive: true });
  const files: string[] = [];
  for (const shown of releases) {
    const file = path.join(reports, shown.report);
    await showRelease(shown, file, options);
    files.push(file);
  }
  return files;
}

async function showRelease(
  { title, image, exitCode, report }: Shown,
  file: string,
  options: ShowOptions,
): Promise<void> {
  const { cluster, toolchain, reporter, signal } = options;
  console.log(`\n${title}\n`);
  await reporter.task(`Staging ${image.version} at 0 % of the traffic`, { estimateSeconds: 15 }, async () => {
    await importImages(cluster.name, [await buildAtomImage(image, { signal })]);
    await localStackCommand({ command: "up", cluster, toolchain, signal, images: { atom: image.reference } });
  });
  await using visitors = await Visitors.arrive({
    gateway: cluster.gatewayUrl,
    steps: atomService.smoke,
    user: localSmokeUser,
    signal,
  });
  const words = ["release", "--staged", "--stack", localStack, "--html", file];
  console.log(`\n$ atom ${words.slice(0, 4).join(" ")} --html ${report}   (with 40 requests a second coming in)\n`);
  const code = await run([...words, "--context", cluster.context, "--kubeconfig", cluster.kubeconfig], options);
  const { requests, failed } = visitors.visits;
  console.log(`\n${failed} of ${requests} requests failed meanwhile.`);
  signal.throwIfAborted();
  if (code !== exitCode)
    throw new LocalStartError(`the release ended with exit code ${code ?? "none"} and not ${exitCode}`);
}

/** Runs `atom` as the user would, on the user's terminal. */
function run(words: readonly string[], { cluster, signal }: ShowOptions): Promise<number | null> {
  const { username, password } = localSmokeUser;
  const METRICS_ENDPOINT = cluster.pushgatewayUrl;
  const child = spawn(process.execPath, [atom, ...words], {
    cwd: projectFolder,
    env: { ...process.env, SMOKE_TEST_USERNAME: username, SMOKE_TEST_PASSWORD: password, METRICS_ENDPOINT },
    stdio: ["ignore", "inherit", "inherit"],
    // Ctrl-C reaches it through us alone, once.
    detached: true,
  });
  const end = (): void => {
    child.kill("SIGTERM");
  };
  signal.addEventListener("abort", end, { once: true });
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (code) => {
      signal.removeEventListener("abort", end);
      resolve(code);
    });
  });
}
