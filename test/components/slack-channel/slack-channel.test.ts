import assert from "node:assert/strict";
import * as pulumi from "@pulumi/pulumi";
import { SlackChannel, type SlackChannelArgs } from "../../../components/slack-channel/slack-channel.ts";
import "../../infra/pulumi-globals.ts";

type Inputs = Readonly<Record<string, unknown>>;

/** What the component asks of Slack. */
async function asked(args: SlackChannelArgs): Promise<{ readonly inputs: Inputs; readonly id: string }> {
  const found: Inputs[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ type, inputs }) => {
      const { __provider, ...properties } = inputs as Inputs;
      if (type === "pulumi-nodejs:dynamic/slack:Conversation") found.push(properties);
      return { id: __provider === undefined ? "" : "C0123456789", state: inputs as Inputs };
    },
    call: () => ({}),
  });
  const { promise, resolve } = Promise.withResolvers<string>();
  await pulumi.runtime.runInPulumiStack(() => {
    new SlackChannel("deployments", args).channelId.apply(resolve);
    return Promise.resolve();
  });
  const id = await promise;
  await pulumi.runtime.disconnect();
  assert.equal(found.length, 1);
  return { inputs: found[0] ?? {}, id };
}

describe("a Slack channel", () => {
  it("is made or taken over, with what is asked for and nothing more, and is known by Slack's id", async () => {
    const { inputs, id } = await asked({ channel: "atom-deployments" });
    assert.deepEqual(inputs, {
      name: "atom-deployments",
      isPrivate: false,
      permanentMembers: [],
      adoptExistingChannel: true,
      actionOnUpdatePermanentMembers: "none",
      actionOnDestroy: "none",
    });
    assert.equal(id, "C0123456789");
  });

  it("gets its topic, purpose and members, and is archived at its end where that is asked for", async () => {
    const { inputs } = await asked({
      ...{ channel: "atom-critical", private: true, topic: "What is urgent", purpose: "To be called" },
      ...{ members: ["U0123456789"], onDelete: "archive" },
    });
    assert.equal(inputs.isPrivate, true);
    assert.deepEqual([inputs.topic, inputs.purpose], ["What is urgent", "To be called"]);
    assert.deepEqual(inputs.permanentMembers, ["U0123456789"]);
    assert.equal(inputs.actionOnDestroy, "archive");
    assert.equal(inputs.actionOnUpdatePermanentMembers, "none");
  });
});
