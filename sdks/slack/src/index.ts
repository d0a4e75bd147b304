export { Conversation, type ConversationArgs } from "./conversation.ts";
export { Provider, type ProviderArgs } from "./provider.ts";
