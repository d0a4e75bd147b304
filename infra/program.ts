import { randomBytes } from "node:crypto";
import path from "node:path";
import * as grafana from "@pulumi/grafana";
import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { UserError } from "../components/errors/user-error.ts";
import { deployerName, namespaceName } from "../components/names/names.ts";
import type { RouteChecks } from "../components/routes/istio-routes.ts";
import type { LiveServices } from "../components/service/live-service.ts";
import { kubeconfigOf } from "./cluster/api-server.ts";
import { readLiveServices, type LiveServicesQuery } from "./cluster/live-services.ts";
import { routeChecks, type RouteQuery } from "./cluster/routes.ts";
import { slotCheck } from "./cluster/slots.ts";
import { commitMessage } from "./commit-message.ts";
import { readProgramConfig } from "./config/program-config.ts";
import { atInstance, type InstanceAddresses } from "./instance.ts";
import { environmentArgs } from "./environment-args.ts";
import { Environment } from "../stacks/environment.ts";
import { githubOfStack } from "./github.ts";
import type { Repository, RepositoryQuery } from "./github/repository.ts";
import { grafanaAccess } from "./grafana.ts";
import { outputsOf, type Outputs } from "./outputs.ts";
import { slackProvider } from "./slack.ts";

/** What the program takes from outside; tests and `npm run render` bring their own. */
export interface ProgramPorts {
  /** Reads what runs in the cluster. @default asks the API server of the stack's context */
  readonly readLiveServices?: (query: LiveServicesQuery) => Promise<LiveServices>;
  /** What an update of routes waits for; `null`: nothing, and no update of a slot looks first either. @default asks the API server of the stack's context */
  readonly routeChecks?: ((query: RouteQuery) => RouteChecks) | null;
  /** Looks at the repository of a stack that has an environment at GitHub. @default asks GitHub */
  readonly readRepository?: (query: RepositoryQuery) => Promise<Repository>;
  /** Where KUBECONFIG, GRAFANA_URL, GRAFANA_API_KEY, GITHUB_ADMIN_TOKEN and GITHUB_SHA are looked up. @default the process's own */
  readonly env?: NodeJS.ProcessEnv;
  /** Images to stage in place of the configured ones, by service. @default the configured ones, or those of releases that stand in for them */
  readonly images?: Readonly<Record<string, string>>;
  /** Where the environment is, in place of what is configured. @default as configured */
  readonly instance?: InstanceAddresses;
  /** 32 random bytes, as text. @default the system's */
  readonly entropy?: () => string;
  /** Says what is deployed, for histories that people read. @default the commit that is checked out, or that of the workflow */
  readonly commitMessage?: (env: NodeJS.ProcessEnv) => Promise<string>;
  /** Is told of a mistake of the user's before Pulumi reports it. @default nobody */
  readonly onUserError?: (error: UserError) => void;
}

/** The Pulumi program, for the entry, the Automation API, tests and rendering alike. It declares one environment. */
export function createProgram(ports: ProgramPorts = {}): () => Promise<Outputs> {
  return async () => {
    try {
      return await declare(ports);
    } catch (error) {
      if (!(error instanceof UserError)) throw error;
      ports.onUserError?.(error);
      // Pulumi prints the message of a RunError without a stack.
      throw new pulumi.RunError(error.message);
    }
  };
}

const root = path.join(import.meta.dirname, "..");

/** The program as the entry runs it. */
export async function program(): Promise<Outputs> {
  return createProgram()();
}

async function declare({
  readLiveServices: readLive = readLiveServices,
  routeChecks: checks = routeChecks,
  readRepository: read,
  env = process.env,
  images = {},
  instance = {},
  entropy = () => randomBytes(32).toString("hex"),
  commitMessage: message = (variables) => commitMessage(variables, root),
}: ProgramPorts): Promise<Outputs> {
  const { config: configured, secrets, contentOf } = readProgramConfig();
  const config = atInstance(configured, instance);
  const { cluster } = config;
  const namespace = namespaceName(pulumi.getProject(), pulumi.getStack());
  const services = Object.fromEntries(
    Object.entries(config.services).map(([name, { routes }]) => [name, routes.router]),
  );
  const live = await readLive({ cluster, namespace, services, env });
  const github = await githubOfStack({ stack: pulumi.getStack(), config, secrets, env, read });

  // The provider and the read above always talk to the same cluster. KUBECONFIG is passed on by us, because the provider's own look at
  // it depends on whose process the program runs in.
  const kubeconfig = kubeconfigOf(cluster, env);
  const provider = new k8s.Provider("cluster", {
    context: cluster.context,
    ...(kubeconfig === undefined ? {} : { kubeconfig }),
    enableServerSideApply: true,
    // A changed Secret or ConfigMap would otherwise be replaced, and be absent in between.
    enableConfigMapMutable: true,
    enableSecretMutable: true,
  });
  const access = grafanaAccess({ section: config.grafana, key: secrets.grafanaApiKey, env });
  const grafanaProvider =
    access?.kind === "granted" ? new grafana.Provider("grafana", { url: access.url, auth: access.key }) : undefined;
  const environment = new Environment(
    namespace,
    environmentArgs({
      ...{ project: pulumi.getProject(), stack: pulumi.getStack(), config, secrets, images, live, namespace },
      ...{ contentOf, entropy: entropy() },
      deployer: deployerName(pulumi.getProject()),
      dashboardMessage: grafanaProvider && (await message(env)),
      github: github?.args,
      routeChecks: checks === null ? undefined : (update) => checks({ ...update, cluster, namespace, env }),
      slotCheck: checks === null ? undefined : (update) => slotCheck({ ...update, cluster, namespace, env }),
    }),
    {
      providers: [provider, grafanaProvider, slackProvider(config.slack, secrets), github?.provider].filter(
        (each) => each !== undefined,
      ),
    },
  );
  const notes = [...(access?.kind === "missing" ? [access.note] : []), ...(github?.notes ?? [])];
  const outputs = outputsOf(environment, config, notes);
  for (const note of outputs.notes) await pulumi.log.info(note, environment);
  return outputs;
}
