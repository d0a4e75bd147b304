#!/usr/bin/env node
// `npx atom`, `npm run atom`, and `kubectl atom` where this is found as kubectl-atom: runs the bundle that `npm run build` made, else the source.
import { existsSync } from "node:fs";
import { enableCompileCache } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import process from "node:process";
import { pathToFileURL } from "node:url";

const root = path.join(import.meta.dirname, "..");
const bundle = path.join(root, "dist", "atom.mjs");
const { XDG_CACHE_HOME: cache, NODE_V8_COVERAGE: coverage, ATOM_SOURCE: source } = process.env;

// What was compiled once need not be again: half of the time to a rollback's first request. Coverage is less precise with it.
if (coverage === undefined) enableCompileCache(path.join(cache || path.join(homedir(), ".cache"), "atom", "compiled"));

const program = source !== "1" && existsSync(bundle) ? bundle : path.join(root, "delivery", "atom.ts");
await import(pathToFileURL(program).href);
