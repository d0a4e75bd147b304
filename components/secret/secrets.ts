import * as k8s from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";
import { labelKeys, serviceSelectorLabels } from "../names/labels.ts";
import { versionKeyName } from "../names/names.ts";
import type { SecretsPlan } from "./plan.ts";

export interface SecretsArgs {
  readonly namespace: pulumi.Input<string>;
  readonly service: string;
  readonly plan: SecretsPlan;
}

/**
 * A service's Secrets, each under its own name in the program too, and the key of their names. They belong to the service itself: another
 * parent would be another resource to the engine, and the Secret of an earlier version of this project would be removed.
 */
export function declareSecrets({ namespace, service, plan }: SecretsArgs, parent: pulumi.Resource): pulumi.Resource[] {
  const labels = serviceSelectorLabels(service);
  const keyName = versionKeyName(service);
  const key = new k8s.core.v1.Secret(
    keyName,
    { metadata: { name: keyName, namespace, labels }, data: plan.key.content().data(), immutable: true },
    { parent },
  );
  const versions = plan.declared.map(
    ({ name, content, immutable, made }) =>
      new k8s.core.v1.Secret(
        name,
        {
          metadata: {
            name,
            namespace,
            labels,
            ...(made === undefined ? {} : { annotations: { [labelKeys.made]: made } }),
          },
          data: content.data(),
          ...(immutable ? { immutable } : {}),
        },
        {
          parent,
          // A name is worth nothing without the key that it was made with, should this be interrupted.
          dependsOn: [key],
          // In place there is nothing to change, and where it is gone, nothing to be changed.
          replaceOnChanges: ["metadata.annotations"],
          deleteBeforeReplace: true,
        },
      ),
  );
  return [key, ...versions];
}
