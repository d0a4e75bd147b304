/** An image that cannot be made, and what to do about it. */
export class ImageError extends Error {
  override readonly name = "ImageError";
}
