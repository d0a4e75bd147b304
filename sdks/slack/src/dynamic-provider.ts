import type * as pulumi from "@pulumi/pulumi";
import type { ConversationInputs, ConversationOutputs } from "./inputs.ts";

/**
 * What the engine runs for a {@link Conversation}. Pulumi stores the text of these functions in the stack's state and runs it in a process
 * of its own, whose folder is the project's: so they are short, refer to nothing around them, and import what they need where they need it.
 * They hold no token; each process is told it by the provider that the resource belongs to.
 */
export class ConversationProvider implements pulumi.dynamic.ResourceProvider<ConversationInputs, ConversationOutputs> {
  declare token: string | undefined;
  declare baseUrl: string | undefined;

  async configure({ config }: pulumi.dynamic.ConfigureRequest): Promise<void> {
    this.token = config.get("slack:token");
    this.baseUrl = config.get("slack:baseUrl");
    return Promise.resolve();
  }

  async check(olds: ConversationInputs, news: ConversationInputs): Promise<pulumi.dynamic.CheckResult> {
    const { check } = await import("@pulumi/slack/operations");
    return check({ ...olds }, { ...news });
  }

  async diff(id: string, olds: ConversationOutputs, news: ConversationInputs): Promise<pulumi.dynamic.DiffResult> {
    const { difference } = await import("@pulumi/slack/operations");
    return difference(olds, news);
  }

  async create(inputs: ConversationInputs): Promise<pulumi.dynamic.CreateResult<ConversationOutputs>> {
    const { create, openApi } = await import("@pulumi/slack/operations");
    return create(openApi(this), inputs);
  }

  async read(id: string, props?: ConversationOutputs): Promise<pulumi.dynamic.ReadResult<ConversationOutputs>> {
    const { read, openApi } = await import("@pulumi/slack/operations");
    return read(openApi(this), id, props);
  }

  async update(
    id: string,
    olds: ConversationOutputs,
    news: ConversationInputs,
  ): Promise<pulumi.dynamic.UpdateResult<ConversationOutputs>> {
    const { update, openApi } = await import("@pulumi/slack/operations");
    return { outs: await update(openApi(this), id, news) };
  }

  async delete(id: string, props: ConversationOutputs): Promise<void> {
    const { remove, openApi } = await import("@pulumi/slack/operations");
    await remove(openApi(this), id, props);
  }
}
