// A test double of the plugin `pulumi-resource-github`, as Pulumi starts it. It prints its port, as every plugin does.
import { Server, ServerCredentials } from "@grpc/grpc-js";
import providerServices from "@pulumi/pulumi/proto/provider_grpc_pb.js";
import packageJson from "@pulumi/github/package.json" with { type: "json" };
import { providerService } from "./service.ts";

const server = new Server();
server.addService(providerServices.ResourceProviderService, providerService(`${packageJson.version}+atom-stand-in`));
server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) => {
  if (error) throw error;
  process.stdout.write(`${port}\n`);
});

// An engine that was killed cannot end its plugins.
const parent = process.ppid;
setInterval(() => process.ppid === parent || process.exit(), 2_000).unref();
