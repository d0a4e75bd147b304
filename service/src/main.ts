import { ConfigError, parseServerConfig } from "./config.ts";
import { startServer, type Server } from "./server.ts";

let server: Server | undefined;
let isStopping = false;

function stop(): void {
  // Nothing to drain yet; or somebody asked twice and does not want to wait.
  if (server === undefined || isStopping) process.exit(isStopping ? 1 : 0);
  isStopping = true;
  server.stop().then(() => process.exit(0), fail);
}

function fail(error: unknown): never {
  console.error(error instanceof ConfigError ? error.message : error);
  process.exit(1);
}

// Before the start, because the kernel gives process 1 of a container no default for signals.
process.on("SIGTERM", stop);
process.on("SIGINT", stop);
try {
  server = await startServer(parseServerConfig(process.env));
} catch (error) {
  fail(error);
}
