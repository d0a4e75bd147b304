import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import packageJson from "@pulumi/github/package.json" with { type: "json" };
import { providerService } from "./service.ts";

/** Serves a double of the GitHub provider for one engine, on a port of loopback, until it is disposed of. */
export async function serveGithubProvider(): Promise<{ readonly port: number } & Disposable> {
  const server = new Server();
  server.addService(providerServices.ResourceProviderService, providerService(`${packageJson.version}+atom-stand-in`));
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port);
    else reject(error);
  });
  const port = await promise;
  return {
    port,
    [Symbol.dispose]: () => {
      server.forceShutdown();
    },
  };
}
