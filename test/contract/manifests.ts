import type { types } from "@pulumi/kubernetes";

interface Deployment {
  readonly metadata: types.input.meta.v1.ObjectMeta;
  readonly spec: types.input.apps.v1.DeploymentSpec;
}

export interface DeploymentOptions {
  /** @default "atom" */
  readonly name?: string;
  /** @default 1 */
  readonly replicas?: number;
  /** @default "atom:1" */
  readonly image?: string;
  readonly annotations?: Record<string, string>;
  /** Labels of the pods and the selector. @default { app: "atom" } */
  readonly labels?: Record<string, string>;
  /** Of the container, written as a person might. */
  readonly cpu?: string;
}

/** A Deployment of one container. */
export function deployment(namespace: string, options: DeploymentOptions = {}): Deployment {
  const { name = "atom", replicas = 1, image = "atom:1", labels = { app: "atom" }, cpu, annotations } = options;
  const resources = cpu === undefined ? {} : { resources: { requests: { cpu } } };
  return {
    metadata: { name, namespace, ...(annotations && { annotations }) },
    spec: {
      replicas,
      selector: { matchLabels: labels },
      template: { metadata: { labels }, spec: { containers: [{ name: "atom", image, ...resources }] } },
    },
  };
}

/** A VirtualService's `http` that splits the requests between two slots. */
export function weights(blue: number, green: number): object[] {
  const to = (subset: string, weight: number) => ({ destination: { host: "atom", subset }, weight });
  return [{ route: [to("blue", blue), to("green", green)] }];
}
