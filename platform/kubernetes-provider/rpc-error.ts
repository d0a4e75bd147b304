import { Metadata, status, type ServiceError } from "@grpc/grpc-js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import statusMessages from "@pulumi/pulumi/proto/status_pb.js";
import anyMessages from "google-protobuf/google/protobuf/any_pb.js";
import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import { InitializationError } from "./operations/context.ts";

/** gRPC's header for structured details; the Go library reads it for us on the other side. */
const DETAILS_HEADER = "grpc-status-details-bin";

/** The details that tell the engine to keep the object in its state, with the reasons why it is not ready. */
function initializationDetails(error: InitializationError): Metadata {
  const failure = new providerMessages.ErrorResourceInitFailed()
    .setId(error.id)
    .setProperties(structMessages.Struct.fromJavaScript(error.outputs))
    .setReasonsList([...error.reasons]);
  if (error.inputs !== undefined) failure.setInputs(structMessages.Struct.fromJavaScript(error.inputs));
  const detail = new anyMessages.Any();
  detail.pack(failure.serializeBinary(), "pulumirpc.ErrorResourceInitFailed");
  const details = new statusMessages.Status().setCode(status.UNKNOWN).setMessage(error.message);
  details.addDetails(detail);
  const metadata = new Metadata();
  metadata.add(DETAILS_HEADER, Buffer.from(details.serializeBinary()));
  return metadata;
}

/** The error as gRPC carries it to the engine. */
export function toServiceError(error: unknown): ServiceError {
  const failure = error instanceof Error ? error : new Error(String(error));
  const metadata = error instanceof InitializationError ? initializationDetails(error) : new Metadata();
  return Object.assign(new Error(failure.message), { code: status.UNKNOWN, details: failure.message, metadata });
}
