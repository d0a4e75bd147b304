// The policy pack: the engine starts it with `bin/atom-policies`, and asks it about every resource of a preview or an update.
import { flushCompileCache } from "node:module";
import path from "node:path";
import { PolicyPack } from "@pulumi/policy";
import { enforced } from "./enforced.ts";
import { rulesFor } from "./rules.ts";
import { stagingThresholds } from "./staging.ts";

const project = path.join(import.meta.dirname, "..");
const rules = rulesFor(await stagingThresholds(project));

new PolicyPack("atom", {
  description: "What no stack of this project may do.",
  enforcementLevel: "mandatory",
  policies: rules.map(enforced),
});

// The engine ends its plugins before they could write what they have compiled; see bin/atom-policies.
flushCompileCache();
