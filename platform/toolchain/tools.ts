import { builtTools } from "./built-tools.ts";
import { packagedTools } from "./packaged-tools.ts";
import type { Tool } from "./tool.ts";
import { workflowTools } from "./workflow-tools.ts";

/** Everything that an environment on a bare machine needs, by name. */
export const tools = { ...builtTools, ...packagedTools, ...workflowTools };

export type ToolName = keyof typeof tools;

export const toolNames = Object.keys(tools) as readonly ToolName[];

/** The row of a tool, with its name. */
export function toolNamed(name: ToolName): Tool {
  return { name, ...tools[name] };
}
