import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { deployerRules, type DeployerScope } from "./rules.ts";

export interface DeployerArgs {
  readonly namespace: pulumi.Input<string>;
  /** Name of the ServiceAccount, the Role and the RoleBinding. */
  readonly account: string;
  /** What it releases. */
  readonly scope: DeployerScope;
}

/** Who releases in a namespace. A token is made when one is needed and ends by itself: `kubectl create token`. */
export class Deployer extends pulumi.ComponentResource {
  constructor(name: string, args: DeployerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:deployer:Deployer", name, {}, opts);
    const metadata = { name: args.account, namespace: args.namespace };
    const account = new k8s.core.v1.ServiceAccount(
      name,
      { metadata, automountServiceAccountToken: false },
      { parent: this },
    );
    const role = new k8s.rbac.v1.Role(name, { metadata, rules: deployerRules(args.scope) }, { parent: this });
    new k8s.rbac.v1.RoleBinding(
      name,
      {
        metadata,
        roleRef: { apiGroup: "rbac.authorization.k8s.io", kind: "Role", name: args.account },
        subjects: [{ kind: "ServiceAccount", name: args.account, namespace: args.namespace }],
      },
      { parent: this, dependsOn: [account, role] },
    );
    this.registerOutputs();
  }
}
