import { imageRule, parseImage } from "../components/workload/image.ts";
import { kindOf, textsOf, unknownValue } from "./resource.ts";
import type { ResourceRule } from "./rule.ts";

const lists = ["containers", "initContainers", "ephemeralContainers"];

export const pinnedImages: ResourceRule = {
  name: "pinned-images",
  description: "A container runs an image with a fixed tag or a digest: what was tested is what runs.",
  violations: (resource) =>
    kindOf(resource) === undefined
      ? []
      : textsOf(resource.inputs)
          .filter(({ path }) => path.at(-1) === "image" && lists.includes(path.at(-3) ?? ""))
          .filter(({ text }) => text !== unknownValue && parseImage(text) === undefined)
          .map(({ path, text }) => `${path.join(".")} is "${text}"; allowed: ${imageRule}.`),
};
