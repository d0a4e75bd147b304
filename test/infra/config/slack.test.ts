import assert from "node:assert/strict";
import { ConfigError } from "../../../infra/config/error.ts";
import { parseStackConfig } from "../../../infra/config/parse.ts";
import { neededSecrets } from "../../../infra/config/secrets.ts";
import { committed, withValues } from "./stacks.ts";

const channel = { channel: "atom-staging" };

async function parsed(slack: unknown) {
  return parseStackConfig("staging", withValues(await committed("staging"), { slack }), { requireSecrets: false });
}

async function problems(slack: unknown): Promise<string> {
  try {
    await parsed(slack);
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
  return "";
}

describe("the section for Slack", () => {
  it("wants no more than a channel's name, and asks for a token", async () => {
    const { slack } = await parsed({ deployments: channel });
    assert.deepEqual(slack, {
      deployments: { channel: "atom-staging", private: false, members: [], onDelete: "keep" },
    });
    assert.ok(neededSecrets({ slack: {} }).includes("slackToken"));
    assert.ok(!neededSecrets({}).includes("slackToken"));
  });

  it("refuses names and members that Slack does not know, with what is allowed", async () => {
    const text = await problems({ deployments: { channel: "#Atom", members: ["ada"], topic: "x".repeat(251) } });
    assert.match(text, /atom:slack\.deployments\.channel.*without #/);
    assert.match(text, /atom:slack\.deployments\.members\.0.*U0123456789/);
    assert.match(text, /atom:slack\.deployments\.topic.*up to 250 characters/);
  });

  it("refuses one channel for both", async () => {
    const text = await problems({ deployments: channel, critical: { ...channel, topic: "What is urgent" } });
    assert.match(text, /atom:slack\.critical\.channel.*another channel than that of the deployments/);
    assert.equal(await problems({ deployments: channel, critical: { channel: "atom-critical" } }), "");
  });
});
