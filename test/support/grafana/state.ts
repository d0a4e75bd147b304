/** A dashboard as its author wrote it, with the fields that Grafana adds. */
export type DashboardModel = Readonly<Record<string, unknown>>;

export interface DashboardVersion {
  readonly version: number;
  readonly message: string;
  /** The version that this one brought back; 0: none. */
  readonly restoredFrom: number;
  readonly data: DashboardModel;
}

export interface StoredAnnotation {
  readonly id: number;
  readonly text: string;
  readonly tags: readonly string[];
  readonly time: number;
  readonly timeEnd: number;
}

export interface AnnotationFields {
  readonly text: string;
  readonly tags?: readonly string[] | undefined;
  readonly time?: number | undefined;
  readonly timeEnd?: number | undefined;
}

/** What a Grafana knows, in memory. */
export class GrafanaState {
  readonly #dashboards = new Map<string, DashboardVersion[]>();
  readonly #annotations: StoredAnnotation[] = [];

  /** Every version of a dashboard, the oldest first; none where there is no such dashboard. */
  versions(uid: string): readonly DashboardVersion[] {
    return this.#dashboards.get(uid) ?? [];
  }

  /** All annotations, in the order in which they were made. */
  get annotations(): readonly StoredAnnotation[] {
    return this.#annotations;
  }

  save(uid: string, model: DashboardModel, { message = "", restoredFrom = 0 } = {}): DashboardVersion {
    const versions = this.#dashboards.get(uid) ?? [];
    const version = versions.length + 1;
    const saved = { version, message, restoredFrom, data: { ...model, uid, id: this.#idOf(uid), version } };
    this.#dashboards.set(uid, [...versions, saved]);
    return saved;
  }

  deleteDashboard(uid: string): void {
    this.#dashboards.delete(uid);
  }

  /** The newest first, with all of these tags. */
  find(tags: readonly string[], limit: number): readonly StoredAnnotation[] {
    const fitting = this.#annotations.filter((annotation) => tags.every((tag) => annotation.tags.includes(tag)));
    return fitting.toReversed().slice(0, limit);
  }

  add({ text, tags = [], time = Date.now(), timeEnd = time }: AnnotationFields): StoredAnnotation {
    const annotation = { id: this.#annotations.length + 1, text, tags, time, timeEnd };
    this.#annotations.push(annotation);
    return annotation;
  }

  /** Whether there is such an annotation. */
  patch(
    id: number,
    fields: { readonly [Field in keyof AnnotationFields]?: AnnotationFields[Field] | undefined },
  ): boolean {
    const index = this.#annotations.findIndex((annotation) => annotation.id === id);
    const before = this.#annotations[index];
    if (before === undefined) return false;
    const given = Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
    this.#annotations[index] = { ...before, ...given };
    return true;
  }

  #idOf(uid: string): number {
    const known = [...this.#dashboards.keys()].indexOf(uid);
    return 1 + (known === -1 ? this.#dashboards.size : known);
  }
}
