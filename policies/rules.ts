import { pinnedImages } from "./pinned-images.ts";
import { plainSecrets, repeatedSecrets } from "./plain-secrets.ts";
import { productionReviewers } from "./production-reviewers.ts";
import { productionThresholds, type Thresholds } from "./production-thresholds.ts";
import { releaserFields } from "./releaser-fields.ts";
import { restrictedNamespaces } from "./restricted-namespaces.ts";
import type { Rule } from "./rule.ts";

/**
 * What no stack may do.
 *
 * @param staging what production is held to; undefined where there is no staging
 */
export function rulesFor(staging: Thresholds | undefined): readonly Rule[] {
  return [
    releaserFields,
    restrictedNamespaces,
    plainSecrets,
    repeatedSecrets,
    pinnedImages,
    productionReviewers,
    productionThresholds(staging),
  ];
}
