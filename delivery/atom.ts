#!/usr/bin/env node
import path from "node:path";
import { atomCommandFor } from "./commands/atom.ts";

const [, program = "", ...words] = process.argv;
// kubectl finds its plugins by their file's name.
const name = path.basename(program).startsWith("kubectl-atom") ? "kubectl atom" : "atom";

// No `await` at the top: the single executable is a script of the older kind.
void atomCommandFor(words, name).then((command) => command.parseAsync());
