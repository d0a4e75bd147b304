import { z } from "zod";
import { labelKeys, serviceSelectorLabels } from "../../components/names/labels.ts";
import { versionKeyName } from "../../components/names/names.ts";
import type { LiveSecrets } from "../../components/secret/plan.ts";
import { SecretContent } from "../../components/secret/secret-content.ts";
import { isServiceSecret } from "../../components/workload/secret-version.ts";
import type { ApiServer } from "./api-server.ts";
import { read } from "./read.ts";

const texts = z.record(z.string(), z.string()).default({});
const secret = z.object({
  metadata: z.object({ name: z.string(), annotations: texts }),
  data: texts,
  immutable: z.boolean().default(false),
});
const secrets = z.object({ items: z.array(secret) });

/**
 * Reads the Secrets of a service and the key of their names. Their content is neither shown nor told.
 *
 * @param named names of Secrets that something in the cluster needs: they are found also where somebody has taken their labels away
 */
export async function readSecrets(
  api: ApiServer,
  namespace: string,
  service: string,
  named: readonly string[],
): Promise<LiveSecrets> {
  const selector = Object.entries(serviceSelectorLabels(service))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const list = async (query: string) =>
    (await read(api, `/api/v1/namespaces/${namespace}/secrets${query}`, secrets))?.items ?? [];
  const items = await list(`?labelSelector=${encodeURIComponent(selector)}`);
  const missing = [versionKeyName(service), ...named].filter(
    (name) => !items.some((each) => each.metadata.name === name),
  );
  // Another list, and not each by its name: who previews may list Secrets, and need not be let do more.
  const others = missing.length === 0 ? [] : await list("");
  const found = [...items, ...others.filter(({ metadata }) => missing.includes(metadata.name))].map(
    ({ metadata: { name, annotations }, data, immutable }) => ({
      ...{ name, immutable, made: annotations[labelKeys.made] },
      content: SecretContent.ofData(data),
    }),
  );
  return {
    key: found.find(({ name }) => name === versionKeyName(service))?.content.versionKey(),
    versions: found.filter(({ name }) => isServiceSecret(service, name)),
  };
}
