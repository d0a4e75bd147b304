/** The numbers of a dotted version: "1.6.20~ds1" is [1, 6, 20]. */
export type Version = readonly number[];

/** A half-open range of versions, `atLeast` included and `below` not. */
export interface VersionRange {
  readonly atLeast: string;
  readonly below: string;
}

/** The first dotted version in a program's own words, e.g. in "Kubernetes v1.36.3"; undefined when there is none. */
export function findVersion(text: string, pattern = /(\d+(?:\.\d+)+)/): string | undefined {
  return pattern.exec(text)?.[1];
}

export function parseVersion(text: string): Version {
  // An epoch ("5:" in Debian's versions) says nothing about the program.
  const dotted = /\d+(?:\.\d+)*/.exec(text.replace(/^\d+:/, ""));
  return dotted === null ? [] : dotted[0].split(".").map(Number);
}

/** Negative when `left` is older, positive when it is newer; missing places count as 0. */
export function compareVersions(left: string, right: string): number {
  const [a, b] = [parseVersion(left), parseVersion(right)];
  for (let place = 0; place < Math.max(a.length, b.length); place += 1) {
    const difference = (a[place] ?? 0) - (b[place] ?? 0);
    if (difference !== 0) return difference;
  }
  return 0;
}

export function isAccepted(version: string, range: VersionRange): boolean {
  return compareVersions(version, range.atLeast) >= 0 && compareVersions(version, range.below) < 0;
}
