import { z } from "zod";
import { imageRule, parseImage } from "../../components/workload/image.ts";

/** An image with a fixed tag or a digest. */
export const imageReference = z
  .string({ error: `allowed: ${imageRule}` })
  .refine((image) => parseImage(image) !== undefined, { error: `allowed: ${imageRule}` });
