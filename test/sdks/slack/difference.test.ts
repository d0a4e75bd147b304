import assert from "node:assert/strict";
import { difference } from "@pulumi/slack/operations";
import type { ConversationInputs, ConversationOutputs } from "../../../sdks/slack/src/inputs.ts";

const wanted: ConversationInputs = {
  ...{ name: "deployments", topic: "ours", isPrivate: false, isArchived: false },
  permanentMembers: ["U1AAA", "U2BBB"],
  ...{ actionOnDestroy: "none", actionOnUpdatePermanentMembers: "none", adoptExistingChannel: false },
};
const found: ConversationOutputs = {
  ...{ ...wanted, purpose: "somebody's", created: 1, creator: "U0AAA" },
  ...{ isGeneral: false, isShared: false, isExtShared: false, isOrgShared: false },
};

describe("the difference of a conversation", () => {
  it("is none where all is as it is to be, in whatever order the members come", () => {
    const none = { changes: false, replaces: [] };
    assert.deepEqual(difference(found, wanted), none);
    assert.deepEqual(difference(found, { ...wanted, permanentMembers: ["U2BBB", "U1AAA"] }), none);
  });

  it("leaves out what is not asked for", () => {
    const { topic, ...silent } = wanted;
    assert.equal(topic, "ours");
    assert.equal(difference({ ...found, topic: "theirs" }, silent).changes, false);
  });

  it("leaves out the text of the provider's functions, which changes with the code", () => {
    const withText = { ...wanted, __provider: "exports.handler = …" };
    assert.equal(difference(found, withText).changes, false);
  });

  it("is an update for all but the privacy", () => {
    for (const change of [{ name: "releases" }, { topic: "new" }, { isArchived: true }, { permanentMembers: [] }])
      assert.deepEqual(difference(found, { ...wanted, ...change }), { changes: true, replaces: [] });
    assert.deepEqual(difference(found, { ...wanted, isPrivate: true }), { changes: true, replaces: ["isPrivate"] });
  });
});
