/** Rows of cells as lines, each column as wide as its widest cell; the first row is the head. */
export function table(rows: readonly (readonly string[])[], indent = "  "): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((row) => (row[column] ?? "").length)));
  return rows.map((row) =>
    (indent + row.map((text, column) => text.padEnd(widths[column] ?? 0)).join("   ")).trimEnd(),
  );
}
