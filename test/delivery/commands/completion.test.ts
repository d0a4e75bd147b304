import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { promisify } from "node:util";

const atom = path.join(import.meta.dirname, "..", "..", "..", "delivery", "atom.ts");
const execute = promisify(execFile);

describe("shell completion", () => {
  let folder: string;

  before(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "atom-completion-"));
    for (const name of ["local", "production"]) await writeFile(path.join(folder, `Pulumi.${name}.yaml`), "");
    const program = `#!/bin/sh\nexec '${process.execPath}' '${atom}' "$@"\n`;
    await writeFile(path.join(folder, "atom"), program, { mode: 0o755 });
  });

  after(async () => {
    await rm(folder, { recursive: true });
  });

  /** What the last word may be. */
  async function completions(...words: string[]): Promise<string[]> {
    const { stdout } = await execute(path.join(folder, "atom"), ["complete", "--", ...words], { cwd: folder });
    return stdout
      .trim()
      .split("\n")
      .map((line) => line.split("\t")[0]!);
  }

  for (const [words, expected] of [
    [["ro"], ["rollback"]],
    [
      ["quarantine", ""],
      ["list", "lift", "help"],
    ],
    [
      ["completion", ""],
      ["bash", "zsh", "fish"],
    ],
    [["status", "--kube"], ["--kubeconfig"]],
    [
      ["status", "--stack", ""],
      ["local", "production"],
    ],
    [["rollback", "--json", "--stack", "p"], ["production"]],
    [["history", "x"], []],
  ] as const)
    it(`offers ${expected.join(", ") || "nothing"} for "atom ${words.join(" ")}"`, async () => {
      const [directive, ...offered] = (await completions(...words)).reverse();
      assert.equal(directive, ":4");
      assert.deepEqual(offered.reverse(), expected);
    });

  it("works in bash, with the function that its package of completions has", async () => {
    const { stdout: script } = await execute(path.join(folder, "atom"), ["completion", "bash"]);
    await writeFile(path.join(folder, "atom.bash"), script);
    const session = `
      _get_comp_words_by_ref() { cur=stat; prev=atom; words=(atom stat); cword=1; }
      source ./atom.bash
      function_of() { echo "$3"; }
      completer=$(complete -p atom | sed 's/.*-F \\([^ ]*\\).*/\\1/')
      "$completer"
      printf '%s\\n' "\${COMPREPLY[@]}"`;
    const env = { ...process.env, PATH: `${folder}:${process.env.PATH ?? ""}` };
    const { stdout } = await execute("bash", ["-c", session], { cwd: folder, env });
    assert.match(stdout, /^status\b/);
  });

  it("has a script for zsh and for fish, and for no other shell", async () => {
    for (const [shell, part] of [
      ["zsh", "#compdef atom"],
      ["fish", "complete -c atom"],
    ] as const) {
      const { stdout } = await execute(path.join(folder, "atom"), ["completion", shell]);
      assert.ok(stdout.includes(part), shell);
    }
    await assert.rejects(execute(path.join(folder, "atom"), ["completion", "tcsh"]), /choices are bash, zsh, fish/);
  });
});
