import { registerHooks } from "node:module";
import type * as Parser from "@actions/workflow-parser";

let loaded: Promise<typeof Parser> | undefined;

/** GitHub's parser. It imports its schema as JSON without saying that it is JSON, which bundlers let pass and Node does not. */
export function workflowParser(): Promise<typeof Parser> {
  loaded ??= load();
  return loaded;
}

async function load(): Promise<typeof Parser> {
  const hooks = registerHooks({
    load: (url, context, next) => {
      const isSchema = url.includes("/@actions/") && url.endsWith(".json");
      return next(url, isSchema ? { ...context, importAttributes: { type: "json" } } : context);
    },
  });
  try {
    return await import("@actions/workflow-parser");
  } finally {
    hooks.deregister();
  }
}
