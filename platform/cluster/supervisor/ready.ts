import http from "node:http";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { nodeIsReady } from "../node-ready.ts";
import type { ApiClient } from "../api-client.ts";
import type { ReadyCheck } from "../components/component.ts";

/** Longest time that one look may take. */
const lookMs = 2_000;
/** Between two looks. Short, since every component waits for others; a look costs about a millisecond. */
const intervalMs = 50;

/** Resolves when a check holds. Rejects with the signal's reason. */
export async function untilReady(check: ReadyCheck, client: ApiClient, signal: AbortSignal): Promise<void> {
  while (!(await holds(check, client))) await delay(intervalMs, undefined, { signal });
}

/** Whether a check holds now; no answer is a no. */
export async function holds(check: ReadyCheck, client: ApiClient): Promise<boolean> {
  try {
    switch (check.kind) {
      case "http":
        return await answers(check.url);
      case "tcp":
        return await connects({ host: check.host, port: check.port });
      case "socket":
        return await connects({ path: check.path });
      case "api":
        return (await client.request({ method: "GET", path: check.path, timeoutMs: lookMs })).status === 200;
      case "node":
        return await nodeIsReady(client, check.node);
    }
  } catch {
    return false;
  }
}

function answers(url: string): Promise<boolean> {
  return new Promise((resolve, reject) => {
    const request = http.get(url, { agent: false, signal: AbortSignal.timeout(lookMs) }, (response) => {
      response.resume();
      response.once("error", reject);
      resolve(response.statusCode === 200);
    });
    request.once("error", reject);
  });
}

function connects(target: net.NetConnectOpts): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect({ ...target, timeout: lookMs });
    const finish = (result: boolean): void => {
      socket.destroy();
      resolve(result);
    };
    socket.once("connect", () => {
      finish(true);
    });
    socket.once("error", () => {
      finish(false);
    });
    socket.once("timeout", () => {
      finish(false);
    });
  });
}
