import type { ToolName } from "../toolchain/tools.ts";

/** What an instance has only where it is asked for it, and the tools that it then takes beside those of every instance. */
export const toolsOnRequest = {
  "metrics-server": ["metrics-server"],
  // Its ScaledObjects become HorizontalPodAutoscalers, which read metrics-server.
  keda: ["metrics-server", "keda", "keda-crds"],
} as const satisfies Readonly<Record<string, readonly ToolName[]>>;

/** A part of an instance that has to be asked for: the name of its component, too. */
export type PartOnRequest = keyof typeof toolsOnRequest;
