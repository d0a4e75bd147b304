import { spawn } from "node:child_process";
import { createWriteStream } from "node:fs";

export interface CommandOptions {
  readonly cwd?: string;
  /** The whole environment of the command. */
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly signal?: AbortSignal | undefined;
  /** A file that gets everything the command prints, appended. */
  readonly log?: string;
  /** Called with each whole line of what it prints. */
  readonly onLine?: ((line: string) => void) | undefined;
  /** Text for its standard input. @default none: it reads end of file */
  readonly input?: string;
  /** After this many milliseconds it is killed. @default never */
  readonly timeoutMs?: number;
}

export interface CommandOutput {
  readonly stdout: string;
  /** stdout and stderr, as they came. */
  readonly output: string;
}

/** A command could not be started, ended with another code than 0, or was killed. */
export class CommandError extends Error {
  override readonly name = "CommandError";
  readonly output: string;

  constructor(command: string, reason: string, output: string, options?: ErrorOptions) {
    super(`${command} ${reason}`, options);
    this.output = output;
  }

  /** The last lines of what it printed. */
  tail(lines = 12): string {
    return this.output.trimEnd().split("\n").slice(-lines).join("\n");
  }
}

/** How long an aborted command has to end by itself before it is killed. */
const graceMs = 5_000;

/** Runs a command to its end. Rejects with {@link CommandError}, or with the signal's reason after an abort. */
export async function run(
  command: string,
  parameters: readonly string[],
  options: CommandOptions,
): Promise<CommandOutput> {
  options.signal?.throwIfAborted();
  const child = spawn(command, parameters, { cwd: options.cwd, env: options.env, stdio: "pipe" });
  const log = options.log === undefined ? undefined : createWriteStream(options.log, { flags: "a" });
  log?.on("error", () => undefined); // a full disk shows in the command itself
  log?.write(`$ ${[command, ...parameters].join(" ")}\n`);
  let stdout = "";
  let output = "";
  const lines = { stdout: splitLines(options.onLine), stderr: splitLines(options.onLine) };
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
    output += text;
    log?.write(text);
    lines.stdout(text);
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    output += text;
    log?.write(text);
    lines.stderr(text);
  });
  child.stdin.on("error", () => undefined); // it need not read what it is given
  child.stdin.end(options.input);

  let timedOut = false;
  let killer: NodeJS.Timeout | undefined;
  const stop = (): void => {
    child.kill("SIGTERM");
    killer = setTimeout(() => child.kill("SIGKILL"), graceMs);
  };
  options.signal?.addEventListener("abort", stop, { once: true });
  const timer = setTimeout(
    () => {
      timedOut = true;
      child.kill("SIGKILL");
    },
    options.timeoutMs ?? 2 ** 31 - 1,
  );

  return new Promise<CommandOutput>((resolve, reject) => {
    child.once("error", (cause) => {
      reject(new CommandError(command, `could not be started (${cause.message})`, cause.message, { cause }));
    });
    child.once("close", (code, killedBy) => {
      if (options.signal?.aborted === true) reject(options.signal.reason as Error);
      else if (timedOut) reject(new CommandError(command, `took longer than ${options.timeoutMs ?? 0} ms`, output));
      else if (code === 0) resolve({ stdout, output });
      else reject(new CommandError(command, `ended with ${killedBy ?? `exit code ${code ?? "?"}`}`, output));
    });
  }).finally(async () => {
    clearTimeout(timer);
    clearTimeout(killer);
    options.signal?.removeEventListener("abort", stop);
    // An error names the log: it must be all there.
    if (log !== undefined) await new Promise((written) => log.end(written));
  });
}

/** Takes text as it comes and gives whole lines. */
function splitLines(onLine: ((line: string) => void) | undefined): (text: string) => void {
  let rest = "";
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) onLine?.(line);
  };
}
