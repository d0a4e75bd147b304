import { controlPlane } from "./control-plane.ts";
import { dataServices } from "./data-services.ts";
import { definitions } from "./definitions.ts";
import { mesh } from "./mesh.ts";
import { monitoring } from "./monitoring.ts";
import { node } from "./node.ts";
import { resourceMetrics } from "./resource-metrics.ts";
import { scaledObjects } from "./scaled-objects.ts";
import type { PartOnRequest } from "../on-request.ts";
import type { Bind, Component, Layout, Part } from "./component.ts";

/** Everything that an instance consists of. */
export interface Plan {
  readonly components: readonly Component[];
  readonly files: Readonly<Record<string, string>>;
  readonly folders: NonNullable<Part["folders"]>;
  readonly binds: readonly Bind[];
}

type PartOf = (layout: Layout) => Part;

const always: readonly PartOf[] = [controlPlane, definitions, node, mesh, monitoring, dataServices];
const onRequest: Readonly<Record<PartOnRequest, readonly PartOf[]>> = {
  "metrics-server": [resourceMetrics],
  keda: [resourceMetrics, scaledObjects],
};

/** The whole table, in the order in which a person would tell it. */
export function planOf(layout: Layout): Plan {
  const chosen = new Set([...always, ...layout.parts.flatMap((name) => onRequest[name])]);
  const parts = [...chosen].map((part) => part(layout));
  return {
    components: parts.flatMap((part) => part.components),
    files: Object.assign({}, ...parts.map((part) => part.files ?? {})) as Record<string, string>,
    folders: parts.flatMap((part) => part.folders ?? []),
    binds: parts.flatMap((part) => part.binds ?? []),
  };
}

/** Groups of components that may stop together: who comes after others stops before them. Throws where the table has a cycle or a gap. */
export function stopOrder(components: readonly Component[]): readonly (readonly Component[])[] {
  const depths = new Map<string, number>();
  const byName = new Map(components.map((component) => [component.name, component]));
  const depthOf = (name: string, path: readonly string[]): number => {
    const known = depths.get(name);
    if (known !== undefined) return known;
    const component = byName.get(name);
    if (component === undefined) throw new Error(`no component is named "${name}" (${path.join(" after ")})`);
    if (path.includes(name)) throw new Error(`components wait for each other: ${[...path, name].join(" after ")}`);
    const depth = Math.max(-1, ...component.after.map((other) => depthOf(other, [...path, name]))) + 1;
    depths.set(name, depth);
    return depth;
  };
  const groups: Component[][] = [];
  for (const component of components) (groups[depthOf(component.name, [])] ??= []).push(component);
  return groups.reverse();
}
