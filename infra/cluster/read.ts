import { z } from "zod";
import type { ApiServer } from "./api-server.ts";

/** Reads one object, or a list, of which `schema` says what is looked at; `undefined` where there is none. Throws what `ApiServer` throws. */
export async function read<Schema extends z.ZodType>(
  api: ApiServer,
  path: string,
  schema: Schema,
): Promise<z.output<Schema> | undefined> {
  const value = await api.get(path);
  if (value === undefined) return undefined;
  const result = schema.safeParse(value);
  if (!result.success) throw api.unusable(path, z.prettifyError(result.error));
  return result.data;
}
