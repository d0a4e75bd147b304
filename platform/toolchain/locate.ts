import type { Machine } from "./machine.ts";
import { recipeDigest } from "./recipe.ts";
import { searchMachine } from "./search.ts";
import type { ToolFiles, ToolStore } from "./store.ts";
import type { Tool } from "./tool.ts";

/** Where a tool is now. */
export type Located =
  | { readonly state: "on the machine" | "in the cache"; readonly files: ToolFiles }
  | { readonly state: "missing"; readonly files?: undefined; readonly reason: string };

/** The user's own tool, else the one in our cache, else why there is none. Changes nothing. */
export async function locate(tool: Tool, store: ToolStore, machine: Machine, signal?: AbortSignal): Promise<Located> {
  const onMachine = await searchMachine(tool, machine, signal);
  if ("files" in onMachine) return { state: "on the machine", files: onMachine.files };
  const files = await store.find(tool.name, await recipeDigest(tool));
  if (files !== undefined) return { state: "in the cache", files };
  return { state: "missing", reason: onMachine.reason };
}
