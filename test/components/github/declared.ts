import * as pulumi from "@pulumi/pulumi";
import "../../infra/pulumi-globals.ts";

/** What a component asks the engine for. */
export interface Declared {
  readonly type: string;
  readonly name: string;
  readonly inputs: Readonly<Record<string, unknown>>;
  readonly isProtected: boolean;
  /** Whether it stays when the stack has it no longer. */
  readonly isRetained: boolean;
  /** Name of the resource with which it goes; empty for none. */
  readonly deletedWith: string;
  readonly imported: string;
  readonly ignoreChanges: readonly string[];
}

/** The part of the engine's request that is looked at; its class has no types of its own. */
interface Request {
  getType(): string;
  getName(): string;
  getObject(): { toJavaScript(): Record<string, unknown> } | undefined;
  getProtect(): boolean;
  getRetainondelete(): boolean;
  getDeletedwith(): string;
  getImportid(): string;
  getIgnorechangesList(): string[];
}

interface Monitor {
  registerResource(request: Request, callback: unknown): unknown;
}

/** Runs a program against Pulumi's mocks and returns what it asks GitHub's provider for, by name. */
export async function declaredBy(program: () => void): Promise<readonly Declared[]> {
  const requests: Request[] = [];
  await pulumi.runtime.setMocks({
    newResource: ({ name, inputs }) => ({ id: `${name}-id`, state: inputs as Record<string, unknown> }),
    call: () => ({}),
  });
  const monitor = pulumi.runtime.getMonitor() as unknown as Monitor;
  const register = monitor.registerResource.bind(monitor);
  monitor.registerResource = (request, callback) => {
    requests.push(request);
    return register(request, callback);
  };
  await pulumi.runtime.runInPulumiStack(() => {
    program();
    return Promise.resolve();
  });
  await pulumi.runtime.disconnect();
  return requests
    .filter((request) => request.getType().startsWith("github:"))
    .map((request) => ({
      type: request.getType().split(":").at(-1) ?? "",
      name: request.getName(),
      inputs: request.getObject()?.toJavaScript() ?? {},
      isProtected: request.getProtect(),
      isRetained: request.getRetainondelete(),
      deletedWith: request.getDeletedwith().split("::").at(-1) ?? "",
      imported: request.getImportid(),
      ignoreChanges: request.getIgnorechangesList(),
    }))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}
