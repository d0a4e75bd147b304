import assert from "node:assert/strict";
import { check } from "@pulumi/slack/operations";

const reasons = (news: Readonly<Record<string, unknown>>, olds: Readonly<Record<string, unknown>> = {}) =>
  check(olds, news).failures.map(({ property, reason }) => `${property}: ${reason}`);

describe("the inputs of a conversation", () => {
  it("are filled in so that nobody is removed, and nothing is archived or taken over", () => {
    assert.deepEqual(check({}, { name: "deployments", isPrivate: false }), {
      inputs: {
        name: "deployments",
        isPrivate: false,
        isArchived: false,
        permanentMembers: [],
        actionOnDestroy: "none",
        actionOnUpdatePermanentMembers: "none",
        adoptExistingChannel: false,
      },
      failures: [],
    });
  });

  it("are refused with what is allowed, all at once", () => {
    const wrong = {
      ...{ name: "#Deployments", isPrivate: "yes", topic: "x".repeat(251), permanentMembers: ["ada"] },
      ...{ actionOnDestroy: "delete", actionOnUpdatePermanentMembers: "invite" },
    };
    assert.deepEqual(reasons(wrong), [
      'name: allowed: 1 to 80 lower-case letters, digits, - and _, without #; not "#Deployments"',
      `topic: allowed: text of at most 250 characters; not "${"x".repeat(251)}"`,
      'isPrivate: allowed: true, false; not "yes"',
      'permanentMembers: allowed: a list of member ids such as U0123456789; not ["ada"]',
      'actionOnDestroy: allowed: "archive", "none"; not "delete"',
      'actionOnUpdatePermanentMembers: allowed: "kick", "none"; not "invite"',
    ]);
    assert.deepEqual(reasons({}), [
      "name: required; allowed: 1 to 80 lower-case letters, digits, - and _, without #",
      "isPrivate: required; allowed: true, false",
    ]);
  });

  it("are taken in a preview although they are not known yet", () => {
    const unknown = "04da6b54-80e4-46f7-96ec-b56ff0331ba9";
    assert.deepEqual(reasons({ name: unknown, isPrivate: unknown, permanentMembers: ["U0123456789", unknown] }), []);
  });

  it("cannot change a channel's privacy under its name", () => {
    const olds = { name: "deployments", isPrivate: true };
    assert.match(
      reasons({ name: "deployments", isPrivate: false }, olds).join(),
      /the private channel #deployments public/,
    );
    assert.deepEqual(reasons({ name: "deployments-2", isPrivate: false }, olds), []);
  });
});
