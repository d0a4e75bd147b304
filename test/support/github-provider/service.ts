import { status, type handleUnaryCall } from "@grpc/grpc-js";
import { Octokit } from "@octokit/core";
import pluginMessages from "@pulumi/pulumi/proto/plugin_pb.js";
import type { PluginAttach } from "@pulumi/pulumi/proto/plugin_pb.js";
import providerMessages from "@pulumi/pulumi/proto/provider_pb.js";
import type * as rpc from "@pulumi/pulumi/proto/provider_pb.js";
import emptyMessages from "google-protobuf/google/protobuf/empty_pb.js";
import type { Empty } from "google-protobuf/google/protobuf/empty_pb.js";
import structMessages from "google-protobuf/google/protobuf/struct_pb.js";
import type { JavaScriptValue, Struct } from "google-protobuf/google/protobuf/struct_pb.js";
import { checked, differencesOf, type Failure } from "./difference.ts";
import type { Api, Properties } from "./kind.ts";
import { kindOf } from "./kinds.ts";

const { DiffResponse, PropertyDiff } = providerMessages;

function toStruct(properties: Properties): Struct {
  return structMessages.Struct.fromJavaScript(properties as Record<string, JavaScriptValue>);
}

function fromStruct(struct: Struct | undefined): Record<string, unknown> {
  return struct?.toJavaScript() ?? {};
}

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
        const details = error instanceof Error ? error.message : String(error);
        callback({ code: status.UNKNOWN, details });
      },
    );
  };
}

const quiet = (): undefined => undefined;

/** GitHub as the provider's configuration names it: all of its values are texts. */
function apiOf(request: rpc.ConfigureRequest): Api {
  const variables = Object.fromEntries(request.getVariablesMap().toArray());
  const value = (name: string) => variables[`github:config:${name}`] ?? "";
  const octokit = new Octokit({
    auth: value("token"),
    baseUrl: value("baseUrl").replace(/\/$/, ""),
    log: { debug: quiet, info: quiet, warn: quiet, error: quiet },
  });
  return { octokit, owner: value("owner") };
}

function checkResponse(inputs: Properties, failures: readonly Failure[] = []): rpc.CheckResponse {
  return new providerMessages.CheckResponse()
    .setInputs(toStruct(inputs))
    .setFailuresList(
      failures.map(({ property, reason }) =>
        new providerMessages.CheckFailure().setProperty(property).setReason(reason),
      ),
    );
}

const differenceKinds = {
  add: [PropertyDiff.Kind.ADD, PropertyDiff.Kind.ADD_REPLACE],
  delete: [PropertyDiff.Kind.DELETE, PropertyDiff.Kind.DELETE_REPLACE],
  update: [PropertyDiff.Kind.UPDATE, PropertyDiff.Kind.UPDATE_REPLACE],
} as const;

function diffResponse(request: rpc.DiffRequest): rpc.DiffResponse {
  const kind = kindOf(request.getUrn());
  const differences = differencesOf(kind, fromStruct(request.getOldInputs()), fromStruct(request.getNews()));
  const { DIFF_NONE, DIFF_SOME } = DiffResponse.DiffChanges;
  const response = new DiffResponse()
    .setChanges(differences.length === 0 ? DIFF_NONE : DIFF_SOME)
    .setReplacesList(differences.filter(({ replaces }) => replaces).map(({ name }) => name))
    .setDeletebeforereplace(kind.deleteBeforeReplace)
    .setHasdetaileddiff(true);
  for (const { name, kind: change, replaces } of differences)
    response
      .getDetaileddiffMap()
      .set(name, new PropertyDiff().setKind(differenceKinds[change][replaces ? 1 : 0]).setInputdiff(true));
  return response;
}

/** The RPCs of a Pulumi resource provider for GitHub. The engine keeps what is secret to itself, and marks what comes back. */
export function providerService(version: string) {
  let configured: Api | undefined;
  const api = (): Api => {
    if (configured === undefined) throw new Error("the provider was used before it was configured");
    return configured;
  };
  return {
    getPluginInfo: unary<Empty, pluginMessages.PluginInfo>(() => new pluginMessages.PluginInfo().setVersion(version)),
    attach: unary<PluginAttach, Empty>(() => new emptyMessages.Empty()),
    cancel: unary<Empty, Empty>(() => new emptyMessages.Empty()),
    getSchema: unary<rpc.GetSchemaRequest, rpc.GetSchemaResponse>(() =>
      new providerMessages.GetSchemaResponse().setSchema(JSON.stringify({ name: "github", version })),
    ),
    checkConfig: unary<rpc.CheckRequest, rpc.CheckResponse>((request) => checkResponse(fromStruct(request.getNews()))),
    diffConfig: unary<rpc.DiffRequest, rpc.DiffResponse>(() => new DiffResponse()),
    configure: unary<rpc.ConfigureRequest, rpc.ConfigureResponse>((request) => {
      configured = apiOf(request);
      return new providerMessages.ConfigureResponse();
    }),

    check: unary<rpc.CheckRequest, rpc.CheckResponse>((request) => {
      const { inputs, failures } = checked(kindOf(request.getUrn()), fromStruct(request.getNews()));
      return checkResponse(inputs, failures);
    }),
    diff: unary<rpc.DiffRequest, rpc.DiffResponse>(diffResponse),
    create: unary<rpc.CreateRequest, rpc.CreateResponse>(async (request) => {
      const { id, outputs } = await kindOf(request.getUrn()).create(api(), fromStruct(request.getProperties()));
      return new providerMessages.CreateResponse().setId(id).setProperties(toStruct(outputs));
    }),
    read: unary<rpc.ReadRequest, rpc.ReadResponse>(async (request) => {
      const state = fromStruct(request.getProperties());
      const read = await kindOf(request.getUrn()).read(api(), request.getId(), state);
      if (read === undefined) return new providerMessages.ReadResponse();
      return new providerMessages.ReadResponse()
        .setId(read.id)
        .setProperties(toStruct(read.outputs))
        .setInputs(toStruct(read.inputs));
    }),
    update: unary<rpc.UpdateRequest, rpc.UpdateResponse>(async (request) => {
      const [inputs, state] = [fromStruct(request.getNews()), fromStruct(request.getOlds())];
      const { outputs } = await kindOf(request.getUrn()).update(api(), inputs, state);
      return new providerMessages.UpdateResponse().setProperties(toStruct(outputs));
    }),
    delete: unary<rpc.DeleteRequest, Empty>(async (request) => {
      await kindOf(request.getUrn()).delete(api(), fromStruct(request.getProperties()));
      return new emptyMessages.Empty();
    }),
  };
}
