import { UserError } from "../../components/errors/user-error.ts";
import { slotName } from "../../components/names/names.ts";
import type { SlotName } from "../../components/names/slot-name.ts";
import type { SlotsUpdate } from "../../components/service/service.ts";
import { whyNotWritten } from "../../components/slots/idle-slot.ts";
import { ApiServer, type ClusterSettings } from "./api-server.ts";
import { liveServicesDeadline, readRelease } from "./live-services.ts";

export interface SlotQuery extends SlotsUpdate {
  readonly cluster: ClusterSettings;
  readonly namespace: string;
  /** Where KUBECONFIG is looked up. */
  readonly env: NodeJS.ProcessEnv;
}

/** A slot that is about to be written is not what it was when that was decided. */
export class SlotChangedError extends UserError {
  override readonly name = "SlotChangedError";

  constructor(namespace: string, deployment: string, why: string) {
    // One line: the engine passes on no more of what a hook says.
    super(
      `The Deployment ${namespace}/${deployment} was not written, because since this run began its part has changed: ${why}. ` +
        "Run this again: it begins with what there is then.",
    );
  }
}

/** Looks at a service anew. Rejects with a {@link SlotChangedError}, or as `readLiveServices` does. */
export function slotCheck({ cluster, namespace, env, service, router, plan }: SlotQuery) {
  return async (slot: SlotName): Promise<void> => {
    const api = ApiServer.open(cluster, env, AbortSignal.timeout(liveServicesDeadline));
    const why = whyNotWritten(slot, service, plan, await readRelease(api, namespace, service, router));
    if (why !== undefined) throw new SlotChangedError(namespace, slotName(service, slot), why);
  };
}
