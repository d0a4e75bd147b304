import type http from "node:http";
import type { z } from "zod";
import { answerJson, serve, type Loopback, type Received } from "../../delivery/support/loopback.ts";
import {
  createAnnotation,
  findAnnotations,
  listVersions,
  patchAnnotation,
  restoreDashboard,
  saveDashboard,
} from "./requests.ts";
import { GrafanaState } from "./state.ts";

/** What one request meets. */
export type Trouble =
  /** None: this one is answered well. */
  | { readonly kind: "none" }
  /** This status, nothing done. */
  | { readonly kind: "status"; readonly status: number; readonly body?: string }
  /** The connection is dropped before anything is done. */
  | { readonly kind: "dropped" }
  /** All is done, and the connection is dropped in place of the answer. */
  | { readonly kind: "answer-lost" }
  /** No answer at all. */
  | { readonly kind: "silence" };

export interface GrafanaStandIn extends AsyncDisposable {
  readonly url: URL;
  readonly key: string;
  readonly state: GrafanaState;
  /** `METHOD /path` of every request, with trouble or not. */
  readonly requests: readonly string[];
  /** Why requests were refused that do not fit the published API; a test expects none. */
  readonly refusals: readonly string[];
  /** What the next requests meet, one each. */
  meet(...troubles: readonly Trouble[]): void;
}

interface Answer {
  readonly status?: number;
  readonly body: unknown;
}

class Refusal extends Error {}

const missing = (message: string): Answer => ({ status: 404, body: { message } });

/** A stand-in of Grafana's HTTP API, as far as this project uses it. It keeps versions, and refuses what the published API does not take. */
export async function startGrafana(): Promise<GrafanaStandIn> {
  const state = new GrafanaState();
  const key = "glsa_key-of-a-service-account";
  const refusals: string[] = [];
  const troubles: Trouble[] = [];

  function handle(request: Received, response: http.ServerResponse): void {
    const trouble = troubles.shift();
    if (trouble?.kind === "silence") return;
    if (trouble?.kind === "dropped") return void response.destroy();
    if (trouble?.kind === "status") return void response.writeHead(trouble.status).end(trouble.body ?? "");
    const { status, body } = answerTo(request);
    if (trouble?.kind === "answer-lost") return void response.destroy();
    answerJson(response, body, status);
  }

  function answerTo(request: Received): Answer {
    if (request.headers.authorization !== `Bearer ${key}`) return { status: 401, body: { message: "Unauthorized" } };
    try {
      return route(state, request) ?? missing("Not found");
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      refusals.push(`${request.method} ${request.path}: ${error.message}`);
      return { status: 400, body: { message: "bad request data" } };
    }
  }

  const server: Loopback = await serve(handle);
  return {
    url: server.url,
    key,
    state,
    refusals,
    get requests() {
      return server.received.map(({ method, path }) => `${method} ${path}`);
    },
    meet(...next) {
      troubles.push(...next);
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

type Route = (state: GrafanaState, request: Received, parts: readonly string[]) => Answer;

/** By method and path; `*` is a part that the route is given. */
const routes: Readonly<Record<string, Route>> = {
  "GET api/dashboards/uid/*": (state, _request, [uid = ""]) => {
    const newest = state.versions(uid).at(-1);
    if (newest === undefined) return missing("Dashboard not found");
    return { body: { dashboard: newest.data, meta: { version: newest.version, provisioned: false } } };
  },
  "POST api/dashboards/db": (state, request) => {
    const { dashboard, message = "" } = bodyOf(request, saveDashboard);
    const { version } = state.save(dashboard.uid, dashboard, { message });
    return { body: { uid: dashboard.uid, status: "success", version } };
  },
  "GET api/dashboards/uid/*/versions": (state, request, [uid = ""]) => {
    const { limit: [limit = 1000] = [] } = fitting(queryOf(request), listVersions);
    const versions = state.versions(uid).toReversed().slice(0, limit);
    if (versions.length === 0) return missing("No versions found for dashboardId");
    return {
      body: {
        continueToken: "",
        versions: versions.map(({ version, message, restoredFrom }) => ({ uid, version, message, restoredFrom })),
      },
    };
  },
  "GET api/dashboards/uid/*/versions/*": (state, _request, [uid = "", number = ""]) => {
    const found = state.versions(uid).find(({ version }) => version === Number(number));
    return found === undefined ? missing("Dashboard version not found") : { body: { uid, ...found } };
  },
  "POST api/dashboards/uid/*/restore": (state, request, [uid = ""]) => {
    const { version } = bodyOf(request, restoreDashboard);
    const wanted = state.versions(uid).find((each) => each.version === version);
    if (wanted === undefined) return missing("Dashboard version not found");
    const restored = state.save(uid, wanted.data, {
      message: `Restored from version ${version}`,
      restoredFrom: version,
    });
    return { body: { uid, status: "success", version: restored.version } };
  },
  "GET api/annotations": (state, request) => {
    const { tags = [], limit: [limit = 100] = [] } = fitting(queryOf(request), findAnnotations);
    return { body: state.find(tags, limit) };
  },
  "POST api/annotations": (state, request) => {
    const { id } = state.add(bodyOf(request, createAnnotation));
    return { body: { message: "Annotation added", id } };
  },
  "PATCH api/annotations/*": (state, request, [id = ""]) =>
    state.patch(Number(id), bodyOf(request, patchAnnotation))
      ? { body: { message: "Annotation patched" } }
      : missing("Annotation not found"),
};

function route(state: GrafanaState, request: Received): Answer | undefined {
  const path = new URL(request.path, "http://grafana.test").pathname.slice(1);
  for (const [pattern, answer] of Object.entries(routes)) {
    const [method, form = ""] = pattern.split(" ");
    const match = new RegExp(`^${form.replaceAll("*", "([^/]+)")}$`).exec(path);
    if (method === request.method && match !== null)
      return answer(state, request, match.slice(1).map(decodeURIComponent));
  }
  return undefined;
}

function bodyOf<T>({ body, headers }: Received, schema: z.ZodType<T>): T {
  if (headers["content-type"] !== "application/json") throw new Refusal("the body is not declared as JSON");
  return fitting(JSON.parse(body), schema);
}

function queryOf({ path }: Received): Record<string, string[]> {
  const { searchParams } = new URL(path, "http://grafana.test");
  return Object.fromEntries([...new Set(searchParams.keys())].map((name) => [name, searchParams.getAll(name)]));
}

function fitting<T>(value: unknown, schema: z.ZodType<T>): T {
  const parsed = schema.safeParse(value);
  if (!parsed.success)
    throw new Refusal(parsed.error.issues.map(({ path, message }) => `${path.join(".")}: ${message}`).join("; "));
  return parsed.data;
}
