import type { Ledger } from "../ledger/ledger.ts";

export interface ImageSources {
  readonly service: string;
  /** What the stack's file names. */
  readonly configured: string;
  /** What this run alone was asked for. @default nothing */
  readonly asked: string | undefined;
  /** @default the first run */
  readonly ledger: Pick<Ledger, "active" | "releases"> | undefined;
}

/** The image that a service is to run. */
export interface ImageInEffect {
  readonly image: string;
  /** Sentences for the preview: why it is not the configured one. */
  readonly notes: readonly string[];
}

/**
 * The image that counts. `atom release --image` puts one in the place of the configured image, and it stays in effect as long as that
 * release serves and the stack's file still names the image that it was released instead of.
 */
export function imageInEffect({ service, configured, asked, ledger }: ImageSources): ImageInEffect {
  if (asked !== undefined)
    return {
      image: asked,
      notes:
        asked === configured
          ? []
          : [`${service}: ${asked} was asked for; the next run has ${configured} again, unless it is released before.`],
    };
  const served = ledger?.releases.find(({ outcome }) => outcome === "released");
  const standsIn = served?.slot === ledger?.active && served?.insteadOf === configured && served.image !== configured;
  if (!standsIn) return { image: configured, notes: [] };
  return {
    image: served.image,
    notes: [
      `${service}: ${served.image} of release ${served.id} stands in for the configured ${configured}, until the stack's file names another image.`,
    ],
  };
}
