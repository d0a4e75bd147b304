import { credentials } from "@grpc/grpc-js";
import engineServices from "@pulumi/pulumi/proto/engine_grpc_pb.js";
import engineMessages from "@pulumi/pulumi/proto/engine_pb.js";

export type Severity = "INFO" | "WARNING" | "ERROR";

/** Where messages to the person at the terminal go: Pulumi's engine, once its address is known. */
export class EngineLog {
  #client: InstanceType<typeof engineServices.EngineClient> | undefined;
  #address = "";

  connect(address: string): void {
    if (address === "" || address === this.#address) return;
    this.#client?.close();
    this.#address = address;
    this.#client = new engineServices.EngineClient(address, credentials.createInsecure());
  }

  /** Ends the connection; what is logged from now on is told to nobody. */
  close(): void {
    this.#client?.close();
    this.#client = undefined;
    this.#address = "";
  }

  /** A line that stays in the output. */
  log(severity: Severity, urn: string, message: string): Promise<void> {
    return this.#send(severity, urn, message, false);
  }

  /** What a resource is doing right now; the next status replaces it, and an empty one clears it. */
  status(urn: string, message: string): Promise<void> {
    return this.#send("INFO", urn, message, true);
  }

  /** Never rejects: an engine that is gone, or one that is not listening, is no reason to fail an operation. */
  #send(severity: Severity, urn: string, message: string, ephemeral: boolean): Promise<void> {
    const client = this.#client;
    if (client === undefined) return Promise.resolve();
    const request = new engineMessages.LogRequest()
      .setSeverity(engineMessages.LogSeverity[severity])
      .setUrn(urn)
      .setMessage(message)
      .setEphemeral(ephemeral);
    const { promise, resolve } = Promise.withResolvers<undefined>();
    client.log(request, () => {
      resolve(undefined);
    });
    return promise;
  }
}
