import { z } from "zod";
import { slotNames } from "../names/slot-name.ts";
import type { ServicePort } from "../routes/cluster-service.ts";
import { slotOfDestination } from "../routes/destinations.ts";
import { keptTemplates } from "../secret/plan.ts";
import type { LiveRelease } from "../slots/live-release.ts";

/**
 * Where a service is reached. The port that its container listens on belongs to its version, as its image does; Services lead to whatever a
 * pod names `http`, so each of their ports reaches pods of every version.
 */
export interface ServicePorts {
  /**
   * Of its Services: the configured one, and then those that a version with pods listens on, or that the routes still name. Each keeps the name
   * that it has: see {@link ServicePort}.
   */
  readonly services: readonly ServicePort[];
  /** Whether the Services keep the ports that they have, whatever is declared: a release is judged with them as they were when it began. */
  readonly held: boolean;
  /** That a pod of it listens on, or one of a version that a rollback can stage again. */
  readonly pods: readonly number[];
  /** Sentences for the preview. */
  readonly notes: readonly string[];
}

/**
 * Decides on which ports a service is reached. A port that is not configured any more stays for as long as something needs it: the routes,
 * which are led to the other one after the Services have it, and callers of the version that serves. During a release nothing changes.
 *
 * @param port the configured one
 * @param release what runs @default nothing: the first run
 */
export function planPorts(service: string, port: number, release: LiveRelease | undefined): ServicePorts {
  const slots = slotNames.flatMap((slot) => release?.slots[slot] ?? []);
  const running = slots.filter(({ replicas }) => replicas > 0).flatMap(({ template }) => listenedOn(template));
  const kept = [...slots.map(({ template }) => template), ...keptTemplates(release?.ledger)].flatMap(listenedOn);
  const services = unique([port, ...running, ...routedTo(service, release)]);
  const others = services.slice(1);
  const current = release?.ledger.current ?? null;
  const held = current !== null;
  const isThere = [...running, ...routedTo(service, release)].includes(port) || others.length === 0;
  return {
    services: named(services, release),
    held,
    pods: unique([port, ...kept]),
    notes:
      held && !isThere
        ? [
            `${service}: its Services get port ${port} beside ${others.join(", ")} once release ${current.id} has ended: run this again then.`,
          ]
        : others.length === 0
          ? []
          : [
              `${service}: its Services have port ${port} and, for as long as a version that listens there has pods or the routes name it, ${others.join(", ")}. Callers inside the cluster have until then to use ${port}.`,
            ],
  };
}

const pod = z.object({
  spec: z.object({
    containers: z.array(
      z.object({ ports: z.array(z.object({ name: z.string().optional(), containerPort: z.int() })).default([]) }),
    ),
  }),
});

/** The ports that a pod template names `http`; none where it says nothing of that. */
function listenedOn(template: unknown): number[] {
  const { data } = pod.safeParse(template);
  const ports = data?.spec.containers.flatMap((container) => container.ports) ?? [];
  return ports.filter(({ name }) => name === "http").map(({ containerPort }) => containerPort);
}

/** The first port ever is `http`; one that comes later has its number in its name, so that no port that is there has to give up its own. */
function named(ports: readonly number[], release: LiveRelease | undefined): ServicePort[] {
  const known = release?.ports ?? [];
  return ports.map((port, index) => {
    const live = known.find((each) => each.port === port);
    return { port, name: live?.name ?? (known.length === 0 && index === 0 ? "http" : `http-${port}`) };
  });
}

function routedTo(service: string, release: LiveRelease | undefined): number[] {
  const destinations = (release?.routes?.http ?? []).flatMap(({ route = [] }) =>
    route.map(({ destination }) => destination),
  );
  return destinations.flatMap((destination) =>
    slotOfDestination(service, destination) === undefined ? [] : (destination?.port?.number ?? []),
  );
}

function unique(ports: readonly number[]): number[] {
  return [...new Set(ports)];
}
