import type { ConversationInputs, ConversationOutputs } from "./inputs.ts";

export interface Difference {
  readonly changes: boolean;
  /** Properties whose change needs another channel. */
  readonly replaces: string[];
}

/** Compares a channel as it was read last with what it is to be. What is not asked for (no topic, say) is no difference. */
export function difference(olds: ConversationOutputs, news: ConversationInputs): Difference {
  const keys = Object.keys(news).filter((key): key is keyof ConversationInputs => key !== "__provider");
  const changed = keys.filter((key) => news[key] !== undefined && !isSame(olds[key], news[key]));
  return { changes: changed.length > 0, replaces: changed.filter((key) => key === "isPrivate") };
}

/** Lists are sets here: members have no order. */
function isSame(left: unknown, right: unknown): boolean {
  if (!Array.isArray(left) || !Array.isArray(right)) return left === right;
  const [ours, theirs] = [new Set<unknown>(left), new Set<unknown>(right)];
  return ours.size === theirs.size && [...ours].every((item) => theirs.has(item));
}
