// Adds 1 to a number in a file, so many times, each time under a lock. Without the lock, additions would be lost.
import { readFile, writeFile } from "node:fs/promises";
import { withLock } from "../../../platform/toolchain/lock.ts";

const [lock = "", file = "", times = "0"] = process.argv.slice(2);
for (let time = 0; time < Number(times); time += 1) {
  await withLock(lock, { pollMs: 1 }, async () => {
    await writeFile(file, String(Number(await readFile(file, "utf8")) + 1));
  });
}
