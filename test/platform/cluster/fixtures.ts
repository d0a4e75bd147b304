import { linkOf } from "../../../platform/cluster/addresses.ts";
import { instanceOf } from "../../../platform/cluster/instance.ts";
import type { Layout } from "../../../platform/cluster/components/component.ts";

const image = (name: string): string => `atom.local/${name}:1.2.3`;

/** A layout that no machine has to be there for. */
export function exampleLayout(change: Partial<Layout> = {}): Layout {
  return {
    instance: instanceOf("example"),
    link: linkOf(3),
    tools: {
      path: (name) => `/tools/bin/${name}`,
      directory: (name) => `/tools/${name}`,
      file: (name) => `/tools/files/${name}`,
    },
    searchPath: "/tools/bin:/usr/bin",
    images: {
      pause: image("pause"),
      prometheus: image("prometheus"),
      alertmanager: image("alertmanager"),
      configReloader: image("prometheus-config-reloader"),
      archives: ["pause", "prometheus-config-reloader", "alertmanager", "prometheus", "atom"].map((name) => ({
        reference: image(name),
        archive: `/images/${name}.tar`,
      })),
    },
    users: { postgresql: { uid: 105, gid: 110 }, nobody: { uid: 65534, gid: 65534 } },
    scrapeIntervalSeconds: 2,
    parts: [],
    cgroupVersion: 1,
    ...change,
  };
}
