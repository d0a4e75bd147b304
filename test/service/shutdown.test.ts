import assert from "node:assert/strict";
import { type ChildProcess, spawn } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import path from "node:path";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free-port.ts";
import { serviceEnvironment } from "./running-service.ts";

const entry = path.join(import.meta.dirname, "../../service/src/main.ts");

/** The service in a process of its own, as a container runs it. */
class ServiceProcess implements AsyncDisposable {
  readonly url: string;
  readonly exit: Promise<number | null>;
  readonly #child: ChildProcess;
  readonly #folder: string;
  #errors = "";

  private constructor(child: ChildProcess, url: string, folder: string) {
    this.#child = child;
    this.url = url;
    this.#folder = folder;
    child.stderr?.on("data", (chunk) => (this.#errors += String(chunk)));
    const { promise, resolve } = Promise.withResolvers<number | null>();
    child.once("close", resolve);
    this.exit = promise;
  }

  static async spawn(changes: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const folder = mkdtempSync(path.join(tmpdir(), "atom-service-"));
    const port = await freePort();
    const env = { ...(await serviceEnvironment(path.join(folder, "lancedb"))), PORT: String(port), ...changes };
    const child = spawn(process.execPath, [entry], { env, stdio: ["ignore", "ignore", "pipe"] });
    return new ServiceProcess(child, `http://127.0.0.1:${port}`, folder);
  }

  static async start(changes: Readonly<Record<string, string>>): Promise<ServiceProcess> {
    const service = await ServiceProcess.spawn(changes);
    await eventually(
      "the process is ready",
      async () => (await service.get("/health/ready")).status === 200 || undefined,
    );
    return service;
  }

  get errors(): string {
    return this.#errors;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  /** Unlike fetch, keeps to one connection and tells what the server says about it. */
  get(
    target: string,
    agent = new Agent(),
  ): Promise<{ readonly status: number; readonly connection: string | undefined }> {
    const { promise, resolve, reject } = Promise.withResolvers<{ status: number; connection: string | undefined }>();
    request(`${this.url}${target}`, { agent, timeout: 8_000 }, (response) => {
      response.resume().once("end", () => {
        resolve({ status: response.statusCode ?? 0, connection: response.headers.connection });
      });
    })
      .once("error", reject)
      .end();
    return promise;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill("SIGKILL");
    await this.exit;
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

describe("A service that is told to end", function () {
  // Starting a process takes seconds where others want the processor too.
  this.timeout(120_000);

  it("turns unready, answers on while it drains, closes connections, and exits with 0", async () => {
    await using service = await ServiceProcess.start({ DRAIN_SECONDS: "1" });
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    assert.deepEqual(await service.get("/health/live", agent), { status: 200, connection: "keep-alive" });
    service.signal("SIGTERM");
    await eventually("readiness fails", async () => (await service.get("/health/ready")).status === 503 || undefined);
    assert.deepEqual(await service.get("/health/live", agent), { status: 200, connection: "close" });
    assert.equal(await service.exit, 0);
  });

  it("finishes the requests that are in flight, and takes no new ones", async () => {
    await using service = await ServiceProcess.start({
      ATOM_FAULTS: JSON.stringify({ latencyMs: 1_000, routes: ["/health/live"] }),
      DRAIN_SECONDS: "0",
    });
    const inFlight = service.get("/health/live");
    await eventually("the request is in flight", async () => {
      // It left before this one, on a connection of its own.
      return (await service.get("/health/ready")).status === 200 || undefined;
    });
    service.signal("SIGTERM");
    await eventually("the port is closed", () =>
      service.get("/health/ready").then(
        () => undefined,
        () => true,
      ),
    );
    assert.equal((await inFlight).status, 200);
    assert.equal(await service.exit, 0);
  });

  it("gives up requests that take longer than it may, and says so", async () => {
    await using service = await ServiceProcess.start({
      ATOM_FAULTS: JSON.stringify({ latencyMs: 60_000, routes: ["/health/live"] }),
      DRAIN_SECONDS: "0",
      SHUTDOWN_SECONDS: "1",
    });
    const inFlight = service.get("/health/live").catch((error: unknown) => error);
    await service.get("/health/ready");
    service.signal("SIGTERM");
    assert.equal(await service.exit, 1);
    assert.match(service.errors, /no answer within 1000 ms/);
    assert.ok((await inFlight) instanceof Error);
  });

  it("exits at once when it is told twice", async () => {
    await using service = await ServiceProcess.start({ DRAIN_SECONDS: "300" });
    service.signal("SIGTERM");
    await eventually("readiness fails", async () => (await service.get("/health/ready")).status === 503 || undefined);
    service.signal("SIGTERM");
    assert.equal(await service.exit, 1);
  });
});

describe("A service that cannot start", function () {
  this.timeout(120_000);

  it("prints every problem of its environment and exits with 1", async () => {
    await using service = await ServiceProcess.spawn({ TOKEN_SECRET: "too short", ATOM_SLOT: "-" });
    assert.equal(await service.exit, 1);
    assert.equal(
      service.errors,
      'The environment is not valid:\n  TOKEN_SECRET: must have at least 32 characters\n  ATOM_SLOT: must be a Kubernetes label value (got "-")\n',
    );
  });
});
