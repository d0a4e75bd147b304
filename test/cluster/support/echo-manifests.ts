/** The user that Atom's image names; Pod Security wants it said in the pod too. */
const user = 10_001;

export const echoPort = 8000;

/** Answers every request with its version, and `/metrics` with one counter. */
const echoServer = `require("node:http").createServer((request, response) => {
  response.setHeader("content-type", "text/plain; version=0.0.4");
  response.end(request.url === "/metrics" ? "echo_requests_total 1\\n" : process.env.VERSION);
}).listen(${echoPort})`;

export interface EchoOptions {
  readonly namespace: string;
  /** Any image with Node in it. */
  readonly image: string;
}

/** A namespace that enforces Pod Security `restricted`. */
export function restrictedNamespace(name: string): object {
  return {
    apiVersion: "v1",
    kind: "Namespace",
    metadata: { name, labels: { "pod-security.kubernetes.io/enforce": "restricted" } },
  };
}

/** A pod of the echo server that Pod Security `restricted` accepts. */
export function echoPod(version: string, { namespace, image }: EchoOptions): object {
  return {
    apiVersion: "v1",
    kind: "Pod",
    metadata: { name: `echo-${version}`, namespace, labels: { app: "echo", version } },
    spec: {
      automountServiceAccountToken: false,
      terminationGracePeriodSeconds: 0,
      securityContext: { runAsNonRoot: true, runAsUser: user, seccompProfile: { type: "RuntimeDefault" } },
      containers: [
        {
          name: "echo",
          image,
          imagePullPolicy: "Never",
          command: ["node", "-e", echoServer],
          env: [{ name: "VERSION", value: version }],
          ports: [{ name: "http", containerPort: echoPort }],
          readinessProbe: { httpGet: { path: "/", port: "http" }, periodSeconds: 1 },
          securityContext: {
            allowPrivilegeEscalation: false,
            readOnlyRootFilesystem: true,
            capabilities: { drop: ["ALL"] },
          },
        },
      ],
    },
  };
}

/** A pod that asks for the host's network, which `restricted` forbids. */
export function hostNetworkPod(options: EchoOptions): object {
  const pod = echoPod("host", options) as { readonly spec: object };
  return { ...pod, spec: { ...pod.spec, hostNetwork: true } };
}

export function echoService({ namespace }: EchoOptions): object {
  return {
    apiVersion: "v1",
    kind: "Service",
    metadata: { name: "echo", namespace, labels: { app: "echo" } },
    spec: { selector: { app: "echo" }, ports: [{ name: "http", port: 80, targetPort: "http" }] },
  };
}

/** Routes a host through Envoy to the two versions by weight. */
export function weightedRoutes(
  { namespace }: EchoOptions,
  host: string,
  weights: Readonly<Record<string, number>>,
): object[] {
  const service = `echo.${namespace}.svc.cluster.local`;
  const metadata = { name: "echo", namespace };
  return [
    {
      apiVersion: "networking.istio.io/v1",
      kind: "Gateway",
      metadata,
      spec: {
        selector: { istio: "ingressgateway" },
        servers: [{ port: { number: 8080, name: "http", protocol: "HTTP" }, hosts: [host] }],
      },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "DestinationRule",
      metadata,
      spec: { host: service, subsets: Object.keys(weights).map((version) => ({ name: version, labels: { version } })) },
    },
    {
      apiVersion: "networking.istio.io/v1",
      kind: "VirtualService",
      metadata,
      spec: {
        hosts: [host],
        gateways: ["echo"],
        http: [
          {
            route: Object.entries(weights).map(([subset, weight]) => ({
              destination: { host: service, subset, port: { number: 80 } },
              weight,
            })),
          },
        ],
      },
    },
  ];
}

/** Lets Prometheus scrape the echo pods and judge one rule over them. */
export function echoMonitoring({ namespace }: EchoOptions): object[] {
  const metadata = { name: "echo", namespace, labels: { prometheus: "atom" } };
  return [
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "ServiceMonitor",
      metadata,
      spec: { selector: { matchLabels: { app: "echo" } }, endpoints: [{ port: "http" }] },
    },
    {
      apiVersion: "monitoring.coreos.com/v1",
      kind: "PrometheusRule",
      metadata,
      spec: {
        groups: [
          {
            name: "echo",
            rules: [
              {
                alert: "EchoIsThere",
                expr: `echo_requests_total{namespace="${namespace}"} > 0`,
                labels: { namespace },
              },
            ],
          },
        ],
      },
    },
  ];
}
