import type { MrkdwnElement, PlainTextElement } from "@slack/web-api";
import { plain } from "../../report/terminal.ts";

const entities: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;" };

/** Text that mentions nobody and links to nothing, on one line: https://docs.slack.dev/messaging/formatting-message-text#escaping */
export function escaped(text: string): string {
  return plain(text).replace(/[&<>]/g, (character) => entities[character] ?? character);
}

/** Text in Slack's own markup. Whatever is untrusted in it must be {@link escaped}; nothing in it becomes a link or a mention by itself. */
export function mrkdwn(text: string, longest = 2_900): MrkdwnElement {
  return { type: "mrkdwn", text: shortened(text, longest), verbatim: true };
}

/** Text as it is. */
export function plainText(text: string, longest: number): PlainTextElement {
  return { type: "plain_text", text: shortened(plain(text), longest), emoji: true };
}

/** A link where there is a usable address for it, else the label alone. */
export function link(address: string | undefined, label: string): string {
  const url = address === undefined ? null : URL.parse(address);
  if (url === null || !["http:", "https:"].includes(url.protocol)) return escaped(label);
  return `<${url.href.replaceAll("|", "%7C")}|${escaped(label)}>`;
}

/** Cut where no entity is cut apart. */
function shortened(text: string, longest: number): string {
  if (text.length <= longest) return text;
  return `${text.slice(0, longest - 1).replace(/[&<][^;>]*$/, "")}…`;
}
