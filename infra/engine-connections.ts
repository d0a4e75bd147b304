import * as settings from "@pulumi/pulumi/runtime/settings.js";

/** What the program's connections to its engine are made with; the SDK exports it without a type. */
const { grpcClientOptions } = settings as unknown as { readonly grpcClientOptions: Record<string, unknown> };

/**
 * Has every operation of this process connect to its engine anew. Without it gRPC's client shares connections by address through the
 * process, those too that it still tries to reach: an engine that happens on the port of one that has ended is then out of reach for a
 * second ("No connection established. Last error: null"). Pulumi's program takes that for its own end, and the engine deletes what it
 * did not hear of. May be called any number of times.
 */
export function connectAnew(): void {
  grpcClientOptions["grpc.use_local_subchannel_pool"] = 1;
}
