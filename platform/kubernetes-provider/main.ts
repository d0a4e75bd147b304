/** The stand-in as Pulumi starts it: `pulumi-resource-kubernetes [options] <engine address>`. Prints the port that it listens on. */
import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import packageJson from "@pulumi/kubernetes/package.json" with { type: "json" };
import { Provider } from "./provider.ts";
import { resourceProviderService } from "./service.ts";

// The build part of a version does not count in comparisons: the SDK's own version is wanted, and nobody takes this for the original.
const version = `${packageJson.version}+atom-stand-in`;
const provider = new Provider();
provider.log.connect(process.argv.slice(2).findLast((argument) => !argument.startsWith("-")) ?? "");

const server = new Server({ "grpc.max_receive_message_length": 400 * 1024 * 1024 });
server.addService(providerServices.ResourceProviderService, resourceProviderService(provider, version));
const { promise, resolve, reject } = Promise.withResolvers<number>();
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error === null) resolve(port);
  else reject(error);
});
process.stdout.write(`${await promise}\n`);

// An engine that was killed cannot end its plugins.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 2_000).unref();
