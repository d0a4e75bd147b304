/** No test comes by here. */
export function neglected(weeks: number): string {
  if (weeks < 1) {
    return "fresh";
  }
  if (weeks < 2) {
    return "dry";
  }
  if (weeks < 3) {
    return "limp";
  }
  if (weeks < 4) {
    return "brown";
  }
  return "gone";
}
