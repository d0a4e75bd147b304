#!/usr/bin/env node
import { atomCommand } from "./commands/atom.ts";

await atomCommand().parseAsync();
