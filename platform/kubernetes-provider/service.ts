import type { handleUnaryCall } from "@grpc/grpc-js";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb.js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as rpc from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import type { Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import type { PropertyChange } from "./diff.ts";
import type { JsonObject } from "./json.ts";
import type { CheckFailure } from "./operations/check.ts";
import { formatPath } from "./property-path.ts";
import type { Provider } from "./provider.ts";
import { toServiceError } from "./rpc-error.ts";

const { CheckRequest, DiffResponse, PropertyDiff } = providerMessages;

function toStruct(value: JsonObject): Struct {
  return structMessages.Struct.fromJavaScript(value);
}

function fromStruct(struct: Struct | undefined): JsonObject {
  return struct?.toJavaScript() ?? {};
}

/** An RPC whose work is a function that returns the answer or throws. */
function unary<Request, Response>(
  answer: (request: Request) => Response | Promise<Response>,
): handleUnaryCall<Request, Response> {
  return (call, callback) => {
    const answered = (async () => answer(call.request))();
    answered.then(
      (response) => {
        callback(null, response);
      },
      (error: unknown) => {
        callback(toServiceError(error));
      },
    );
  };
}

function checkResponse(inputs: JsonObject, failures: readonly CheckFailure[]): rpc.CheckResponse {
  const list = failures.map(({ property, reason }) =>
    new providerMessages.CheckFailure().setProperty(property).setReason(reason),
  );
  return new providerMessages.CheckResponse().setInputs(toStruct(inputs)).setFailuresList(list);
}

const KINDS = {
  add: [PropertyDiff.Kind.ADD, PropertyDiff.Kind.ADD_REPLACE],
  delete: [PropertyDiff.Kind.DELETE, PropertyDiff.Kind.DELETE_REPLACE],
  update: [PropertyDiff.Kind.UPDATE, PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffResponse(changes: readonly PropertyChange[], deleteBeforeReplace: boolean): rpc.DiffResponse {
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const response = new DiffResponse()
    .setChanges(changes.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setReplacesList(changes.filter(({ replaces }) => replaces).map(({ path }) => formatPath(path)))
    .setDeletebeforereplace(deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const { path, kind, replaces } of changes) {
    const change = new PropertyDiff().setKind(KINDS[kind][replaces ? 1 : 0]).setInputdiff(kind === "delete");
    response.getDetaileddiffMap().set(formatPath(path), change);
  }
  return response;
}

/** The configuration as the engine sends it: all values are texts. */
function configuration(request: rpc.ConfigureRequest): JsonObject {
  const prefix = "kubernetes:config:";
  const entries = request.getVariablesMap().toArray();
  return Object.fromEntries(entries.map(([key, value]) => [key.replace(prefix, ""), value]));
}

/** The RPCs of a Pulumi resource provider, answered by `provider`. Those that are missing answer "unimplemented". */
export function resourceProviderService(provider: Provider, version: string) {
  return {
    getPluginInfo: unary<Empty, pluginMessages.PluginInfo>(() => new pluginMessages.PluginInfo().setVersion(version)),

    attach: unary<PluginAttach, Empty>((request) => {
      provider.log.connect(request.getAddress());
      return new emptyMessages.Empty();
    }),

    cancel: unary<Empty, Empty>(() => {
      provider.cancel();
      return new emptyMessages.Empty();
    }),

    getSchema: unary<rpc.GetSchemaRequest, rpc.GetSchemaResponse>(() =>
      new providerMessages.GetSchemaResponse().setSchema(JSON.stringify({ name: "kubernetes", version })),
    ),

    checkConfig: unary<rpc.CheckRequest, rpc.CheckResponse>(async (request) => {
      const args = fromStruct(request.getNews());
      return checkResponse(args, await provider.checkConfig(request.getUrn(), args));
    }),

    diffConfig: unary<rpc.DiffRequest, rpc.DiffResponse>((request) => {
      const olds = fromStruct(request.getOldInputs() ?? request.getOlds());
      const { changed, replaces } = provider.diffConfig(request.getUrn(), olds, fromStruct(request.getNews()));
      const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
      return new DiffResponse()
        .setChanges(changed.length === 0 ? DIFF_NONE : DIFF_SOME)
        .setDiffsList([...changed])
        .setReplacesList([...replaces]);
    }),

    configure: unary<rpc.ConfigureRequest, rpc.ConfigureResponse>((request) => {
      provider.configure(configuration(request));
      return new providerMessages.ConfigureResponse()
        .setAcceptsecrets(true)
        .setSupportspreview(true)
        .setSupportsAutonamingConfiguration(true);
    }),

    check: unary<rpc.CheckRequest, rpc.CheckResponse>(async (request) => {
      const autonaming = request.getAutonaming();
      const disabled = autonaming?.getMode() === CheckRequest.AutonamingOptions.Mode.DISABLE;
      const { inputs, failures } = await provider.check({
        urn: request.getUrn(),
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        seed: request.getRandomseed_asU8(),
        proposedName: disabled ? undefined : autonaming?.getProposedName(),
      });
      return checkResponse(inputs, failures);
    }),

    diff: unary<rpc.DiffRequest, rpc.DiffResponse>(async (request) => {
      const { changes, deleteBeforeReplace } = await provider.diff(request.getUrn(), {
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        ignoreChanges: request.getIgnorechangesList(),
      });
      return diffResponse(changes, deleteBeforeReplace);
    }),

    create: unary<rpc.CreateRequest, rpc.CreateResponse>(async (request) => {
      const { id, outputs } = await provider.create({
        urn: request.getUrn(),
        news: fromStruct(request.getProperties()),
        preview: request.getPreview(),
        timeoutSeconds: request.getTimeout(),
      });
      return new providerMessages.CreateResponse().setId(id).setProperties(toStruct(outputs));
    }),

    read: unary<rpc.ReadRequest, rpc.ReadResponse>(async (request) => {
      const result = await provider.read({
        urn: request.getUrn(),
        id: request.getId(),
        olds: fromStruct(request.getProperties()),
        inputs: fromStruct(request.getInputs()),
      });
      const response = new providerMessages.ReadResponse();
      if (result === undefined) return response;
      return response.setId(result.id).setProperties(toStruct(result.outputs)).setInputs(toStruct(result.inputs));
    }),

    update: unary<rpc.UpdateRequest, rpc.UpdateResponse>(async (request) => {
      const outputs = await provider.update({
        urn: request.getUrn(),
        id: request.getId(),
        olds: fromStruct(request.getOlds()),
        news: fromStruct(request.getNews()),
        ignoreChanges: request.getIgnorechangesList(),
        preview: request.getPreview(),
        timeoutSeconds: request.getTimeout(),
      });
      return new providerMessages.UpdateResponse().setProperties(toStruct(outputs));
    }),

    delete: unary<rpc.DeleteRequest, Empty>(async (request) => {
      const olds = fromStruct(request.getProperties());
      await provider.delete({ urn: request.getUrn(), olds, timeoutSeconds: request.getTimeout() });
      return new emptyMessages.Empty();
    }),
  };
}
