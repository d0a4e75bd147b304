import { createHash } from "node:crypto";

/**
 * The items in a random order that depends on the seed. An item's place depends on its own name only, so a part of the items comes in the same
 * order as it does among all of them: this is what lets a failure be repeated with fewer and fewer tests before it.
 */
export function inRandomOrder<Item>(items: readonly Item[], nameOf: (item: Item) => string, seed: number): Item[] {
  return items
    .map((item) => ({
      item,
      place: createHash("sha256")
        .update(`${seed}\0${nameOf(item)}`)
        .digest("hex"),
    }))
    .sort((one, other) => (one.place < other.place ? -1 : one.place > other.place ? 1 : 0))
    .map(({ item }) => item);
}
