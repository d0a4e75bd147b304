import { isPublished, type PublishedSource, type Tool } from "../tool.ts";
import type { ReleaseNetwork } from "./network.ts";

/**
 * Decides once for a whole run what is downloaded: the tools as they can be brought here now, without the sources whose hosts do not
 * answer. Waits at most 3 s in all, however many hosts are silent. Says what could not be reached by `note`.
 */
export async function planDownloads(
  tools: readonly Tool[],
  network: ReleaseNetwork,
  { note, signal }: { note: (text: string) => void; signal?: AbortSignal | undefined },
): Promise<readonly Tool[]> {
  const hosts = new Set(tools.flatMap(({ sources }) => sources.filter(isPublished).flatMap(hostsOf)));
  // Behind a mirror all of them are one server.
  const serverOf = (host: string): string => network.addressOf(new URL(`https://${host}/`)).host;
  const representatives = new Map([...hosts].map((host) => [serverOf(host), host]));
  const answers = await Promise.all(
    [...representatives].map(async ([server, host]): Promise<[string, boolean]> => {
      return [server, await network.answers(new URL(`https://${host}/`), signal)];
    }),
  );
  const answering = new Map(answers);
  const silent = new Set([...hosts].filter((host) => answering.get(serverOf(host)) !== true));
  if (silent.size > 0) note(unreachable(hosts, silent));
  return tools.map((tool) => withoutSources(tool, silent));
}

/** The hosts at which a source begins; redirects may lead to others. */
function hostsOf(source: PublishedSource): readonly string[] {
  if (source.kind === "image") return Object.values(source.programs).map(({ registry }) => registry);
  return source.files.flatMap(({ url, checksums }) => [new URL(url).host, new URL(checksums).host]);
}

function withoutSources(tool: Tool, silent: ReadonlySet<string>): Tool {
  const [first, ...others] = tool.sources.filter(
    (source) => !isPublished(source) || !hostsOf(source).some((host) => silent.has(host)),
  );
  if (first === undefined) return tool;
  const planned: Tool = { ...tool, sources: [first, ...others] };
  // A download leaves nothing in Go's caches.
  return isPublished(first)
    ? { ...planned, estimateSeconds: first.estimateSeconds, space: { cache: tool.space.cache } }
    : planned;
}

function unreachable(hosts: ReadonlySet<string>, silent: ReadonlySet<string>): string {
  if (silent.size === hosts.size) return "release hosts cannot be reached: building from the registries";
  return `${[...silent].join(", ")} cannot be reached: what is published there is built from the registries`;
}
