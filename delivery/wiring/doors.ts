import { canaryHeader } from "../../components/routes/http-routes.ts";
import type { ReleasePlan } from "../../components/release-plan/release-plan.ts";
import type { Door } from "../smoke/session.ts";

type Environment = Readonly<Record<string, string | undefined>>;

/** How requests go in: to the candidate as its guest, and as any user's. */
export interface Doors {
  readonly candidate: Door;
  readonly public: Door;
}

/** Through the gateway, by the address of the plan; `ATOM_ENTRY_URL` has precedence, for whoever reaches it by another one. */
export function gatewayDoors({ entry }: ReleasePlan, { ATOM_ENTRY_URL: other }: Environment): Doors {
  const url = new URL(other === undefined || other === "" ? entry.url : other);
  const host = entry.host ?? new URL(entry.url).host;
  const headers = host === url.host ? {} : { host };
  return { public: { url, headers }, candidate: { url, headers: { ...headers, [canaryHeader]: "true" } } };
}
