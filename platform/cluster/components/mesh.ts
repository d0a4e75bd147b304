import path from "node:path";
import { inside } from "../addresses.ts";
import { applyIstioDefinitions, applyPermissions } from "./definitions.ts";
import type { Layout, Part, Service } from "./component.ts";

const discoveryPort = 15010;
const istiodHttpPort = 15080;
export const envoyAdminPort = 15000;

/** istiod, and a plain Envoy as the ingress gateway that Gateway objects select by `istio: ingressgateway`. */
export function mesh(layout: Layout): Part {
  return {
    components: [istiod(layout), gateway(layout)],
    files: { "etc/mesh.json": JSON.stringify(meshConfig, null, 2) },
  };
}

/** There are no sidecars and no certificate authority: with automatic mTLS the gateway would wait for certificates for ever. */
const meshConfig = { enableAutoMtls: false, ingressControllerMode: "OFF" };

function istiod({ tools, instance }: Layout): Service {
  return {
    name: "istiod",
    kind: "service",
    after: [applyPermissions, applyIstioDefinitions],
    deadlineSeconds: 60,
    command: {
      kind: "command",
      command: tools.path("pilot-discovery"),
      args: [
        "discovery",
        `--kubeconfig=${path.join(instance.files.pki, "istiod.kubeconfig")}`,
        `--meshConfig=${path.join(instance.folder, "etc", "mesh.json")}`,
        "--networksConfig=",
        `--grpcAddr=${inside.loopback}:${discoveryPort}`,
        "--secureGRPCAddr=",
        `--httpAddr=${inside.loopback}:${istiodHttpPort}`,
        "--httpsAddr=",
        `--monitoringAddr=${inside.loopback}:15014`,
        `--ctrlz_address=${inside.loopback}`,
      ],
      env: {
        POD_NAME: "istiod",
        POD_NAMESPACE: "istio-system",
        CLUSTER_ID: "Kubernetes",
        ENABLE_CA_SERVER: "false",
        INJECTION_WEBHOOK_CONFIG_NAME: "",
        VALIDATION_WEBHOOK_CONFIG_NAME: "",
        PILOT_ENABLE_ALPN_FILTER: "false",
        PILOT_ENABLE_METADATA_EXCHANGE: "false",
        PILOT_ENABLE_GATEWAY_API: "false",
      },
    },
    ready: { kind: "http", url: `http://${inside.loopback}:${istiodHttpPort}/ready` },
  };
}

function gateway({ tools, users }: Layout): Service {
  return {
    name: "envoy",
    kind: "service",
    after: ["istiod"],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("envoy"),
      args: [
        "--config-yaml",
        JSON.stringify(gatewayBootstrap),
        // Two instances would meet in the shared memory that a hot restart uses.
        "--disable-hot-restart",
        "--concurrency",
        "2",
        "--log-level",
        "warning",
        // Connections that a removed listener still has; the default of ten minutes keeps a port busy.
        "--drain-time-s",
        "5",
      ],
      user: users.nobody,
    },
    ready: { kind: "http", url: `http://${inside.loopback}:${envoyAdminPort}/ready` },
  };
}

const gatewayBootstrap = {
  node: {
    id: `router~${inside.loopback}~gateway.istio-system~istio-system.svc.cluster.local`,
    cluster: "istio-ingressgateway.istio-system",
    metadata: {
      CLUSTER_ID: "Kubernetes",
      NAMESPACE: "istio-system",
      LABELS: { istio: "ingressgateway" },
      ISTIO_VERSION: "1.31.0",
      UNPRIVILEGED_POD: "true",
    },
  },
  admin: { address: { socket_address: { address: inside.loopback, port_value: envoyAdminPort } } },
  dynamic_resources: {
    ads_config: {
      api_type: "GRPC",
      transport_api_version: "V3",
      grpc_services: [{ envoy_grpc: { cluster_name: "istiod" } }],
    },
    cds_config: { ads: {}, resource_api_version: "V3" },
    lds_config: { ads: {}, resource_api_version: "V3" },
  },
  static_resources: {
    clusters: [
      {
        name: "istiod",
        type: "STATIC",
        connect_timeout: "1s",
        typed_extension_protocol_options: {
          "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": {
            "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
            explicit_http_config: {
              http2_protocol_options: { connection_keepalive: { interval: "10s", timeout: "5s" } },
            },
          },
        },
        load_assignment: {
          cluster_name: "istiod",
          endpoints: [
            {
              lb_endpoints: [
                {
                  endpoint: {
                    address: { socket_address: { address: inside.loopback, port_value: discoveryPort } },
                  },
                },
              ],
            },
          ],
        },
      },
    ],
  },
};
