// The first process of an instance, alone in its namespaces: node main.ts NAME. Starts when its standard input says so.
import { once } from "node:events";
import { instanceOf } from "../instance.ts";
import { readSpec } from "../spec.ts";
import { superviseInstance } from "./supervise.ts";

const [name = ""] = process.argv.slice(2);
const instance = instanceOf(name);
const stop = new AbortController();
for (const signal of ["SIGTERM", "SIGINT"] as const)
  process.once(signal, () => {
    stop.abort();
  });

// One byte says that the link's end is here; an end without it says that the start was given up.
const [go] = (await Promise.race([once(process.stdin, "data"), once(process.stdin, "end")])) as [Buffer?];
process.stdin.destroy();
const spec = await readSpec(instance.files.spec);
if (go !== undefined && spec !== undefined) process.exitCode = await superviseInstance(instance, spec, stop.signal);
process.exit();
