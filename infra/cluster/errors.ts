import { UserError } from "../../components/errors/user-error.ts";
import { initialLedger } from "../../components/ledger/ledger.ts";
import { ledgerKey, ledgerName } from "../../components/names/names.ts";
import type { SlotName } from "../../components/names/slot-name.ts";

/** Which cluster was asked. */
export interface ClusterTarget {
  readonly context: string;
  /** Address of the API server. */
  readonly server: string;
}

const unchanged = "Nothing was changed.";

/** The kubeconfig cannot be read, or does not have the context that the stack names. */
export class ClusterContextError extends UserError {
  override readonly name = "ClusterContextError";
  readonly context: string;

  constructor(context: string, reason: string, options?: ErrorOptions) {
    super(
      `The cluster of this stack is not known here: ${reason}\n${unchanged} The stack names the context "${context}" (atom:cluster.context). ` +
        "Point KUBECONFIG at the file that has it, or set atom:cluster.kubeconfig.",
      options,
    );
    this.context = context;
  }
}

/** The API server gave no answer: it is down, elsewhere, or slower than the deadline. */
export class ClusterUnreachableError extends UserError {
  override readonly name = "ClusterUnreachableError";
  readonly target: ClusterTarget;

  constructor(target: ClusterTarget, reason: string, options?: ErrorOptions) {
    super(
      `The API server ${target.server} (context "${target.context}") cannot be reached: ${reason}\n${unchanged} ` +
        `What is released there is not known, so this is no first run. Try: kubectl --context ${target.context} version`,
      options,
    );
    this.target = target;
  }
}

/** The API server refuses what the program has to read. */
export class ClusterAccessError extends UserError {
  override readonly name = "ClusterAccessError";
  readonly target: ClusterTarget;
  readonly status: number;

  constructor(target: ClusterTarget, status: number, path: string, detail: string) {
    const meaning = status === 401 ? "does not know who you are" : "does not let you read this";
    super(
      `The API server ${target.server} (context "${target.context}") ${meaning}: ${status} for ${path}${detail && `: ${detail}`}\n${unchanged} ` +
        `Renew the credentials of the context, or have the access granted. Try: kubectl --context ${target.context} auth whoami`,
    );
    this.target = target;
    this.status = status;
  }
}

/** The API server answered something that the program cannot use. */
export class ClusterAnswerError extends UserError {
  override readonly name = "ClusterAnswerError";
  readonly target: ClusterTarget;

  constructor(target: ClusterTarget, path: string, detail: string, options?: ErrorOptions) {
    super(
      `The API server ${target.server} (context "${target.context}") gave an answer for ${path} that cannot be used: ${detail}\n${unchanged}`,
      options,
    );
    this.target = target;
  }
}

/** A route exists, so a version serves; but the ledger that says which is gone. */
export class LedgerMissingError extends UserError {
  override readonly name = "LedgerMissingError";
  readonly service: string;

  /** @param serves the slot to which all users are led, if there is one */
  constructor(namespace: string, service: string, serves: SlotName | undefined) {
    const ledger = ledgerName(service);
    const text = JSON.stringify({ ...initialLedger(service), active: serves ?? "SLOT" });
    super(
      `${service} has a route in ${namespace}, so a version of it serves, but its ledger, the ConfigMap ${ledger}, does not exist.\n${unchanged} ` +
        "Restore the ConfigMap from a backup. Where there is none, its history is lost, and a new one begins with the slot that serves" +
        `${serves === undefined ? " (put its name in place of SLOT)" : `: all users are led to ${serves}`}.\n` +
        `  kubectl -n ${namespace} create configmap ${ledger} --from-literal='${ledgerKey}=${text}'`,
    );
    this.service = service;
  }
}

/** A service that runs is configured with another router than the one that it was provisioned with. */
export class RouterChangedError extends UserError {
  override readonly name = "RouterChangedError";
  readonly service: string;

  constructor(namespace: string, service: string, from: string, to: string) {
    super(
      `${service} in ${namespace} was provisioned with the router ${from}, and the stack's file has ${to} (atom:services.${service}.routes.router).\n` +
        `${unchanged} A router cannot be changed in place: both own the Services of these names, and users would lose theirs in between. ` +
        `Provision a stack with the router ${to} beside this one and move users to it, or keep ${from}. ` +
        "An environment that nobody uses yet can be removed (npm run destroy) and provisioned anew.",
    );
    this.service = service;
  }
}
