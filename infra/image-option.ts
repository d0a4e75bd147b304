import { UserError } from "../components/errors/user-error.ts";
import { imageRule, parseImage } from "../components/workload/image.ts";

/** An option `--image` that cannot be followed. */
export class ImageOptionError extends UserError {
  override readonly name = "ImageOptionError";
  readonly option: string;

  constructor(option: string, why: string) {
    super(`--image ${option}: ${why}. Nothing was changed.`);
    this.option = option;
  }
}

/**
 * Reads options of the form `SERVICE=IMAGE`. Throws an {@link ImageOptionError} for another form, for a service that the stack does not
 * have, for one that is named twice, and for what is no image with a fixed version.
 *
 * @param services of the stack
 */
export function parseImageOptions(
  options: readonly string[],
  services: readonly string[],
): Readonly<Record<string, string>> {
  const images = new Map<string, string>();
  for (const option of options) {
    const at = option.indexOf("=");
    const [service, image] = [option.slice(0, at), option.slice(at + 1)];
    if (at < 1) throw new ImageOptionError(option, "allowed: SERVICE=IMAGE, such as atom=registry.example/atom:1.4.2");
    if (!services.includes(service))
      throw new ImageOptionError(option, `the stack has no service "${service}"; it has ${services.join(", ")}`);
    if (images.has(service)) throw new ImageOptionError(option, `${service} is named twice`);
    if (parseImage(image) === undefined) throw new ImageOptionError(option, `"${image}" is not ${imageRule}`);
    images.set(service, image);
  }
  return Object.fromEntries(images);
}
