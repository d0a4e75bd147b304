import { Server } from "@grpc/grpc-js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import packageJson from "@pulumi/github/package.json" with { type: "json" };
import { listenOnLoopback } from "../../../platform/kubernetes-provider/serve.ts";
import { providerService } from "./service.ts";

/** Serves a double of the GitHub provider for one engine, on a port of loopback, until it is disposed of. */
export async function serveGithubProvider(): Promise<{ readonly port: number } & Disposable> {
  const server = new Server();
  server.addService(providerServices.ResourceProviderService, providerService(`${packageJson.version}+atom-stand-in`));
  const port = await listenOnLoopback(server);
  return {
    port,
    [Symbol.dispose]: () => {
      server.forceShutdown();
    },
  };
}
