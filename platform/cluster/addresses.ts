/** Addresses inside an instance. Every instance has a network of its own, so they are the same in all of them. */
export const inside = {
  bridge: "10.244.0.1",
  podRange: "10.244.0.0/24",
  serviceRange: "10.96.0.0/16",
  /** The first address of the service range: where pods find the API server. */
  apiService: "10.96.0.1",
  loopback: "127.0.0.1",
} as const;

/** TCP ports, the same inside an instance and on its link to the host. */
export const ports = {
  apiServer: 6443,
  gateway: 8080,
  prometheus: 9090,
  pushgateway: 9091,
  alertmanager: 9093,
  postgresql: 5432,
  redis: 6379,
  metricsServer: 4443,
  kedaProbe: 8082,
  kedaMetrics: 9666,
} as const;

/** Node ports are taken from here: it holds Prometheus's and Alertmanager's own ports. */
export const nodePortRange = { first: 9080, last: 9199 } as const;

/** What the host reaches on the bridge through the link. Prometheus and Alertmanager are pods: kube-proxy forwards to them. */
export const forwardedPorts: readonly number[] = [ports.apiServer, ports.gateway, ports.pushgateway];

/** So many instances can run side by side: link n is 10.213.<n>.0/30. */
export const linkCount = 256;

/** The point-to-point network between the host and an instance. */
export interface Link {
  readonly index: number;
  /** Name of the host's end. */
  readonly hostInterface: string;
  /** Name of the instance's end until it is inside, where it is `link`. */
  readonly peerInterface: string;
  readonly hostAddress: string;
  /** The instance, as the host reaches it. */
  readonly address: string;
}

/** The link with an index. Throws a RangeError outside 0…255. */
export function linkOf(index: number): Link {
  if (!Number.isInteger(index) || index < 0 || index >= linkCount)
    throw new RangeError(`a link's index is 0 to ${linkCount - 1}, not ${index}`);
  return {
    index,
    hostInterface: `atom${index}`,
    peerInterface: `atom${index}in`,
    hostAddress: `10.213.${index}.1`,
    address: `10.213.${index}.2`,
  };
}
