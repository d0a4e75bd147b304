type Value = string | number | undefined;

/** An element with its attributes and what is inside; what is `undefined` is left out. Children are SVG already. */
export function element(
  name: string,
  attributes: Readonly<Record<string, Value>>,
  ...children: readonly string[]
): string {
  const written = Object.entries(attributes)
    .filter((entry): entry is [string, string | number] => entry[1] !== undefined)
    .map(([key, value]) => ` ${key}="${typeof value === "number" ? rounded(value) : escaped(value)}"`)
    .join("");
  return children.length === 0 ? `<${name}${written}/>` : `<${name}${written}>${children.join("")}</${name}>`;
}

/** A line of text, cut with an ellipsis where it is longer than the width that it has. */
export function label(
  content: string,
  x: number,
  y: number,
  { size = 11, width = Number.POSITIVE_INFINITY, ...attributes }: LabelOptions = {},
): string {
  const fitting = Math.floor(width / (size * averageWidth));
  const shown = content.length > fitting ? `${content.slice(0, Math.max(0, fitting - 1))}…` : content;
  return element("text", { x, y, "font-size": size, fill: "#1f2328", ...attributes }, escaped(shown));
}

export interface LabelOptions extends Readonly<Record<string, Value>> {
  /** Of the font, in pixels. @default 11 */
  readonly size?: number;
  /** In pixels. @default any */
  readonly width?: number;
}

/** Of a letter, as a share of the font's size. */
const averageWidth = 0.56;

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}

function rounded(value: number): number {
  return Math.round(value * 100) / 100;
}
