/** The longest that a text from outside may be in a journal, a view, a message or an issue, in bytes of UTF-8. */
export const longestText = 2 * 1024;

/**
 * A text of at most `limit` bytes of UTF-8, cut at the border of a character; how much is missing is part of it. What is no well-formed
 * text (half of a surrogate pair) becomes well-formed.
 *
 * @param limit bytes, with what is said of the cut; at least 64
 */
export function cutText(text: string, limit = longestText): string {
  // Characters take at least a byte each: a text of megabytes need not be encoded to know that it is too long.
  const head = text.length > limit ? text.slice(0, limit) : text;
  const bytes = Buffer.from(head, "utf8");
  if (head.length === text.length && bytes.length <= limit) return text.toWellFormed();
  const cut = `… (cut: ${text.length} characters in all)`;
  let end = limit - Buffer.byteLength(cut);
  // A byte 10xxxxxx continues a character that began before it.
  while (end > 0 && ((bytes[end] ?? 0) & 0xc0) === 0x80) end -= 1;
  return bytes.subarray(0, end).toString("utf8") + cut;
}
