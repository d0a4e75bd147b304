/**
 * The YAML of a CustomResourceDefinition without the descriptions in its schema: four fifths of its size, which the API
 * server would parse, check and publish while everything else waits for it. Validation stays what it is.
 *
 * A description is a `description:` with a text after it, and the deeper lines below. One with nothing after it is a
 * property of that name, and stays.
 */
export function withoutDescriptions(yaml: string): string {
  const kept: string[] = [];
  let textIndent = Infinity;
  for (const line of yaml.split("\n")) {
    const indent = line.search(/\S/);
    if (indent > textIndent || (indent === -1 && textIndent < Infinity)) continue;
    const isText = /^ *description: \S/.test(line);
    textIndent = isText ? indent : Infinity;
    if (!isText) kept.push(line);
  }
  return kept.join("\n");
}
