import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import packageJson from "@pulumi/kubernetes/package.json" with { type: "json" };
import { Provider } from "./provider.ts";
import { resourceProviderService } from "./service.ts";

// The build part of a version does not count in comparisons: the SDK's own version is wanted, and nobody takes this for the original.
const version = `${packageJson.version}+atom-stand-in`;

/** A provider that listens, until it is disposed of. */
export interface ServedProvider extends Disposable {
  /** On loopback. */
  readonly port: number;
}

/**
 * Serves a provider of its own for one engine. Rejects where no port can be had.
 *
 * @param engine the engine's address; empty where the engine attaches itself to a provider that is there
 */
export async function serveProvider(engine: string): Promise<ServedProvider> {
  const provider = new Provider();
  provider.log.connect(engine);
  const server = new Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
  server.addService(providerServices.ResourceProviderService, resourceProviderService(provider, version));
  const port = await listenOnLoopback(server);
  return {
    port,
    [Symbol.dispose]: () => {
      provider.log.close();
      server.forceShutdown();
    },
  };
}

/** Has a plugin's server listen, on a port of loopback that nobody has. Resolves with the port; rejects where none can be had. */
export function listenOnLoopback(server: Server): Promise<number> {
  const { promise, resolve, reject } = Promise.withResolvers<number>();
  server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
    if (error === null) resolve(port);
    else reject(error);
  });
  return promise;
}
