import { labelKeys } from "../../../components/names/labels.ts";
import type { ContainerStatus, Pod } from "../../../delivery/cluster/resources.ts";
import type { PodSource } from "../../../delivery/guard/pod-source.ts";
import type { Slot } from "../../../delivery/release/ports.ts";
import { metricsPage, type PageOptions, type Served } from "./metrics-page.ts";

export const templates = { blue: "bbbbbbbbbbbb", green: "aaaaaaaaaaaa" } as const;

/** A pod that a test changes while it is watched. */
export class FakePod {
  readonly name: string;
  readonly slot: Slot;
  template: string;
  container: Partial<ContainerStatus> = { restartCount: 0, state: { running: {} } };
  phase = "Running";
  conditions: NonNullable<Pod["status"]>["conditions"];
  leaving = false;
  served: Served[] = [];
  pageOptions: PageOptions = {};
  /** Thrown when it is read. */
  failure: Error | undefined;

  constructor(name: string, slot: Slot) {
    this.name = name;
    this.slot = slot;
    this.template = templates[slot];
  }

  object(): Pod {
    return {
      metadata: {
        name: this.name,
        uid: `uid-${this.name}`,
        labels: { [labelKeys.slot]: this.slot, [labelKeys.template]: this.template },
        ...(this.leaving ? { deletionTimestamp: "2026-01-01T00:00:00Z" } : {}),
      },
      status: {
        phase: this.phase,
        podIP: "127.0.0.1",
        containerStatuses: [{ name: "atom", ...this.container }],
        ...(this.conditions && { conditions: this.conditions }),
      },
    };
  }
}

/** The pods of a test. */
export class FakePods implements PodSource {
  pods: FakePod[];
  listFailure: Error | undefined;
  lists = 0;
  reads = 0;

  constructor(...pods: FakePod[]) {
    this.pods = pods;
  }

  list(): Promise<readonly Pod[]> {
    this.lists += 1;
    if (this.listFailure !== undefined) return Promise.reject(this.listFailure);
    return Promise.resolve(this.pods.map((pod) => pod.object()));
  }

  read({ metadata }: Pod): Promise<string> {
    this.reads += 1;
    const pod = this.pods.find(({ name }) => name === metadata.name);
    if (pod === undefined) return Promise.reject(new Error("gone"));
    if (pod.failure !== undefined) return Promise.reject(pod.failure);
    return Promise.resolve(metricsPage(pod.served, pod.pageOptions));
  }
}
