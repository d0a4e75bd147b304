import { z } from "zod";
import { labelKeys, serviceSelectorLabels } from "../../components/names/labels.ts";
import { versionKeyName } from "../../components/names/names.ts";
import type { LiveSecrets } from "../../components/secret/plan.ts";
import { SecretContent } from "../../components/secret/secret-content.ts";
import { isServiceSecret } from "../../components/workload/secret-version.ts";
import type { ApiServer } from "./api-server.ts";
import { read } from "./read.ts";

const texts = z.record(z.string(), z.string()).default({});
const secrets = z.object({
  items: z.array(
    z.object({
      metadata: z.object({ name: z.string(), annotations: texts }),
      data: texts,
      immutable: z.boolean().default(false),
    }),
  ),
});

/** Reads the Secrets of a service and the key of their names. Their content is neither shown nor told. */
export async function readSecrets(api: ApiServer, namespace: string, service: string): Promise<LiveSecrets> {
  const selector = Object.entries(serviceSelectorLabels(service))
    .map(([key, value]) => `${key}=${value}`)
    .join(",");
  const path = `/api/v1/namespaces/${namespace}/secrets?labelSelector=${encodeURIComponent(selector)}`;
  const { items } = (await read(api, path, secrets)) ?? { items: [] };
  const found = items.map(({ metadata: { name, annotations }, data, immutable }) => ({
    ...{ name, immutable, made: annotations[labelKeys.made] },
    content: SecretContent.ofData(data),
  }));
  return {
    key: found.find(({ name }) => name === versionKeyName(service))?.content.versionKey(),
    versions: found.filter(({ name }) => isServiceSecret(service, name)),
  };
}
