/** What is wrong with a text as Markdown of GitHub's that quotes others: empty for one that is well. */
export function faultsOf(markdown: string): readonly string[] {
  const faults: string[] = [];
  const outside: string[] = [];
  let fence: string | undefined;
  for (const line of markdown.split("\n")) {
    const [, ticks = "", word = ""] = /^ {0,3}(`{3,})([^`]*)$/.exec(line) ?? [];
    if (fence === undefined && ticks !== "") fence = ticks;
    else if (fence === undefined) outside.push(line);
    else if (ticks.length >= fence.length && word.trim() === "") fence = undefined;
  }
  if (fence !== undefined) faults.push("a fence is open at the end");
  let folds = 0;
  for (const [tag] of outside.join("\n").matchAll(/<\/?details>/g)) {
    folds += tag === "<details>" ? 1 : -1;
    if (folds < 0 || folds > 1) faults.push("a fold is closed before it was opened, or within another");
  }
  if (folds !== 0) faults.push("a fold is open at the end");
  for (const line of outside) faults.push(...lineFaults(line));
  return faults;
}

/** Tags that the text itself is made of. */
const ours = /<!-- atom-delivery preview -->|<\/?(?:details|summary|code)>/g;
/** In code GitHub looks for nothing. */
const inCode = /<code>.*?<\/code>/g;
const entities = /&#\d+;/g;

function lineFaults(line: string): readonly string[] {
  const markup = line.replace(ours, "");
  const text = line.replace(inCode, "").replace(entities, "\u{200b}");
  const tests: readonly (readonly [boolean, string])[] = [
    [/[<>]/.test(markup), "has markup of others"],
    [/[@#]\w/.test(text), "mentions somebody or something"],
    [/GH-\d/i.test(text), "refers to an issue"],
    [/https?:\/\/(?!github\.example\/)/.test(text), "links to where others want it to"],
    [text.includes("!["), "has an image"],
    [/\]\((?!https:\/\/github\.example\/)/.test(text), "has a link of others"],
  ];
  return tests.filter(([wrong]) => wrong).map(([, fault]) => `a line ${fault}: ${line.slice(0, 200)}`);
}
