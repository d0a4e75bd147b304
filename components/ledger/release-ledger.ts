import * as k8s from "@pulumi/kubernetes";
import * as pulumi from "@pulumi/pulumi";
import { serviceSelectorLabels } from "../names/labels.ts";
import { ledgerKey, ledgerName } from "../names/names.ts";
import { formatLedger, initialLedger, type Ledger } from "./ledger.ts";

export interface ReleaseLedgerArgs {
  readonly namespace: pulumi.Input<string>;
  readonly service: string;
  /** The ledger that exists. It is declared again, so that an `up` whose state was lost does not wipe it. @default a new one */
  readonly ledger?: Ledger | undefined;
}

/** The ConfigMap with a service's ledger. The program writes it once; from then on it is the releaser's. */
export class ReleaseLedger extends pulumi.ComponentResource {
  constructor(name: string, args: ReleaseLedgerArgs, opts?: pulumi.ComponentResourceOptions) {
    super("atom:ledger:ReleaseLedger", name, {}, opts);
    new k8s.core.v1.ConfigMap(
      name,
      {
        metadata: {
          name: ledgerName(args.service),
          namespace: args.namespace,
          labels: serviceSelectorLabels(args.service),
        },
        data: { [ledgerKey]: formatLedger(args.ledger ?? initialLedger(args.service)) },
      },
      { parent: this, ignoreChanges: ["data"] },
    );
    this.registerOutputs();
  }
}
