/** What every message about a machine that lacks something ends with. */
const existingCluster = "or use a cluster that you have: npm start -- --context NAME";

/**
 * Something that the user, not the programmer, has to see to. `message` is complete: print it without a stack.
 * It says what, why and the way out.
 */
export class ToolchainError extends Error {
  override readonly name: string = "ToolchainError";
  readonly what: string;
  readonly why: string;
  readonly wayOut: string;

  constructor(what: string, why: string, wayOut: string, options?: ErrorOptions) {
    super(`${what}\n  why: ${why}\n  way out: ${wayOut},\n    ${existingCluster}`, options);
    this.what = what;
    this.why = why;
    this.wayOut = wayOut;
  }
}

/** The operating system or processor is one for which there are no tools. */
export class UnsupportedMachineError extends ToolchainError {
  override readonly name = "UnsupportedMachineError";

  constructor(platform: string, architecture: string) {
    super(
      `The embedded cluster does not run on ${platform}/${architecture}.`,
      "it runs containers with the kernel of the machine itself, which has to be Linux on x86_64 (x64) or arm64",
      "start it in a Linux virtual machine",
    );
  }
}

/** The tools that were asked for need root. */
export class NotRootError extends ToolchainError {
  override readonly name = "NotRootError";

  constructor(tools: readonly string[]) {
    super(
      "The embedded cluster needs root.",
      `${tools.join(", ")} set up network namespaces, mounts and containers`,
      "run the same command as root (sudo -E npm start)",
    );
  }
}

/** A program of the machine that brings the tools here is missing or too old. */
export class MissingCommandError extends ToolchainError {
  override readonly name = "MissingCommandError";
  readonly command: string;

  constructor(command: string, options: { problem: string; tools: readonly string[]; wayOut: string }) {
    super(
      `${command} ${options.problem}.`,
      `it is needed to bring here ${options.tools.join(", ")}, of which this machine has no acceptable version`,
      options.wayOut,
    );
    this.command = command;
  }
}

/** The disk has less room than the tools need, or became full while one was made. */
export class NoSpaceError extends ToolchainError {
  override readonly name = "NoSpaceError";

  constructor(folder: string, amounts: { neededMegabytes: number; freeMegabytes: number }, options?: ErrorOptions) {
    super(
      `There is no room for the tools in ${folder}.`,
      `they need about ${amounts.neededMegabytes} MB there, and ${amounts.freeMegabytes} MB are free`,
      "make room, or name a folder elsewhere (XDG_CACHE_HOME)",
      options,
    );
  }
}

/** A download or a build ended badly. `log` is the path of its whole output. */
export class ToolBuildError extends ToolchainError {
  override readonly name = "ToolBuildError";
  readonly tool: string;
  readonly log: string;

  constructor(tool: string, reason: string, output: { log: string; tail: string }, options?: ErrorOptions) {
    const tail = output.tail.replace(/^/gm, "    | ");
    super(
      `${tool} could not be brought here.`,
      `${reason}; it ended with\n${tail}`,
      `read ${output.log}, mend what it names and start again (what is finished is kept)`,
      options,
    );
    this.tool = tool;
    this.log = output.log;
  }
}

/** `ATOM_RELEASES_MIRROR` is no address that downloads may be asked of. */
export class MirrorAddressError extends ToolchainError {
  override readonly name = "MirrorAddressError";

  /** `problem` names neither credentials nor a query of the address. */
  constructor(problem: string) {
    super(
      "ATOM_RELEASES_MIRROR cannot be used.",
      `its value ${problem}`,
      "set it to an https address (http only for this machine), or unset it to ask the publishers' own hosts",
    );
  }
}

/** Several problems at once, so that they can all be mended before the next try. */
export class MachineNotReadyError extends ToolchainError {
  override readonly name = "MachineNotReadyError";
  readonly problems: readonly ToolchainError[];

  constructor(problems: readonly ToolchainError[]) {
    const list = problems.map(({ what, why, wayOut }) => `- ${what}\n    why: ${why}\n    way out: ${wayOut}`);
    super(
      `This machine lacks ${problems.length} things:\n${list.join("\n")}`,
      "each of them is needed before the first tool can be brought here",
      "mend them all",
      { cause: problems },
    );
    this.problems = problems;
  }
}
