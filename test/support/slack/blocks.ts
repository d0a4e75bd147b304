// Limits of Block Kit: https://docs.slack.dev/reference/block-kit/blocks

const BLOCKS_MAX = 50;

interface Block {
  readonly type?: unknown;
  readonly block_id?: unknown;
  readonly text?: unknown;
  readonly fields?: unknown;
  readonly elements?: unknown;
}

/** What is wrong with the blocks of a message; undefined: nothing that is documented. */
export function blocksMistake(blocks: unknown): string | undefined {
  if (!Array.isArray(blocks)) return "blocks are an array";
  if (blocks.length > BLOCKS_MAX) return `a message has at most ${BLOCKS_MAX} blocks`;
  const mistakes = blocks.map((block, index) => {
    const mistake = typeof block === "object" && block !== null ? blockMistake(block as Block) : "a block is an object";
    return mistake === undefined ? undefined : `block ${index}: ${mistake}`;
  });
  return mistakes.find((mistake) => mistake !== undefined) ?? idMistake(blocks as Block[]);
}

function idMistake(blocks: readonly Block[]): string | undefined {
  const ids = blocks.map(({ block_id: id }) => id).filter((id) => id !== undefined);
  if (ids.some((id) => typeof id !== "string" || id.length > 255))
    return "a block_id is text of at most 255 characters";
  return new Set(ids).size === ids.length ? undefined : "a block_id is there twice";
}

function blockMistake(block: Block): string | undefined {
  switch (block.type) {
    case "section":
      if (block.text === undefined && block.fields === undefined) return "a section has text or fields";
      return (
        (block.text === undefined ? undefined : textMistake(block.text, 3000)) ??
        (block.fields === undefined ? undefined : listMistake(block.fields, 10, (field) => textMistake(field, 2000)))
      );
    case "header":
      return textMistake(block.text, 150, ["plain_text"]);
    case "context":
      return listMistake(block.elements, 10, contextMistake);
    case "actions":
      return listMistake(block.elements, 25, elementMistake);
    case "divider":
      return undefined;
    case "image":
    case "markdown":
    case "rich_text":
      return undefined;
    default:
      return `unknown type: ${String(block.type)}`;
  }
}

function listMistake(list: unknown, max: number, mistake: (item: unknown) => string | undefined): string | undefined {
  if (!Array.isArray(list) || list.length === 0 || list.length > max) return `has 1 to ${max} parts`;
  return list.map(mistake).find((each) => each !== undefined);
}

function contextMistake(element: unknown): string | undefined {
  return (element as Block | null)?.type === "image" ? undefined : textMistake(element, 3000);
}

function elementMistake(element: unknown): string | undefined {
  const { type, text } = (element ?? {}) as Block;
  return type === "button" ? textMistake(text, 75, ["plain_text"]) : undefined;
}

function textMistake(text: unknown, max: number, types = ["plain_text", "mrkdwn"]): string | undefined {
  const { type, text: value } = (text ?? {}) as Block;
  if (!types.includes(String(type))) return `its text is of the type ${types.join(" or ")}`;
  if (typeof value !== "string" || value.length === 0) return "its text is empty";
  return value.length > max ? `its text has at most ${max} characters, not ${value.length}` : undefined;
}
