// Programs that log a user in: https://kubernetes.io/docs/reference/access-authn-authz/authentication/#client-go-credential-plugins
import { spawn } from "node:child_process";
import path from "node:path";
import { isFields, listIn, textIn, textsIn, type Fields } from "./fields.ts";
import { contentOf, type Destination } from "./destination.ts";
import type { Credentials } from "./credentials.ts";

/** A program's answer, and until when it is good: milliseconds since 1970, `Infinity` where it did not say. */
export interface ExecCredential {
  readonly credentials: Credentials;
  readonly expiresAt: number;
}

/** How long a program may take, in milliseconds: it may ask its user something. */
const patience = 60_000;
/** The largest answer that is read, in characters. */
const largestAnswer = 1_000_000;
/** How much of an answer that is none is repeated. */
const shown = 200;

/** Whether a credential may be used now. One that is about to expire is not: the request is still to come. */
export function isFresh({ expiresAt }: ExecCredential, now: number): boolean {
  return now < expiresAt - 1_000;
}

/**
 * Runs the program of a kubeconfig's `exec` and answers the credential that it prints. What it says on standard error goes to this process's.
 * Rejects with an Error that names the program and what to do.
 *
 * @param exec the kubeconfig's section
 */
export async function runExecPlugin(exec: Fields, destination: Destination): Promise<ExecCredential> {
  const apiVersion = textIn(exec, "apiVersion") ?? "client.authentication.k8s.io/v1";
  const named = textIn(exec, "command");
  if (named === undefined) throw new Error("the user's exec section names no command");
  const mode = textIn(exec, "interactiveMode") ?? "IfAvailable";
  const interactive = mode !== "Never" && process.stdin.isTTY;
  if (mode === "Always" && !interactive) throw new Error(`${named} needs a terminal (interactiveMode: Always)`);
  const own = Object.fromEntries(
    listIn(exec, "env").map((item) => [textIn(item, "name") ?? "", textIn(item, "value") ?? ""]),
  );
  const cluster = exec.provideClusterInfo === true ? { cluster: clusterOf(destination) } : {};
  const info = { kind: "ExecCredential", apiVersion, spec: { ...cluster, interactive } };
  const answer = await outputOf({
    // A command with a path is relative to its kubeconfig; one without is looked for in PATH.
    command: named.includes("/") ? path.resolve(destination.user.folder, named) : named,
    args: textsIn(exec, "args"),
    env: { ...process.env, ...own, KUBERNETES_EXEC_INFO: JSON.stringify(info) },
    interactive,
    hint: textIn(exec, "installHint"),
  });
  return credentialIn(answer, named);
}

interface Program {
  readonly command: string;
  readonly args: readonly string[];
  readonly env: NodeJS.ProcessEnv;
  readonly interactive: boolean;
  /** How to install it. */
  readonly hint: string | undefined;
}

function outputOf({ command, args, env, interactive, hint }: Program): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env,
      stdio: [interactive ? "inherit" : "ignore", "pipe", "inherit"],
      timeout: patience,
    });
    let output = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      output += text;
      if (output.length > largestAnswer) child.kill();
    });
    child.once("error", (cause: NodeJS.ErrnoException) => {
      const why = cause.code === "ENOENT" ? "is not installed" : `cannot be run: ${cause.message}`;
      reject(new Error([`${command} ${why}`, hint].filter(Boolean).join("; "), { cause }));
    });
    child.once("close", (code, signal) => {
      if (code === 0) resolve(output);
      else reject(new Error(`${command} ended with ${signal ?? `exit code ${code ?? "unknown"}`}`));
    });
  });
}

function credentialIn(answer: string, command: string): ExecCredential {
  const refuse = (why: string): never => {
    throw new Error(`${command} answered no ExecCredential: ${why}`);
  };
  let value: unknown;
  try {
    value = JSON.parse(answer);
  } catch {
    refuse(`its output of ${answer.length} characters is no JSON`);
  }
  if (!isFields(value)) return refuse("it is no object");
  const kind = textIn(value, "kind") ?? "ExecCredential";
  if (kind !== "ExecCredential") return refuse(`its kind is ${JSON.stringify(kind.slice(0, shown))}`);
  const status = value.status;
  if (!isFields(status)) return refuse("it has no status");
  const token = textIn(status, "token");
  const cert = textIn(status, "clientCertificateData");
  const key = textIn(status, "clientKeyData");
  if (token === undefined && (cert === undefined || key === undefined))
    return refuse("it has neither a token nor a certificate with its key");
  const expires = Date.parse(textIn(status, "expirationTimestamp") ?? "");
  return {
    credentials: {
      headers: token === undefined ? {} : { authorization: `Bearer ${token}` },
      ...(cert === undefined || key === undefined ? {} : { cert, key }),
    },
    expiresAt: Number.isNaN(expires) ? Infinity : expires,
  };
}

/** The cluster, for a program that asks to be told (`provideClusterInfo`). */
function clusterOf({ server, cluster }: Destination): Fields {
  const { fields } = cluster;
  const ca = contentOf(cluster, "certificate-authority");
  const config = listIn(fields, "extensions").find(
    (extension) => textIn(extension, "name") === "client.authentication.k8s.io/exec",
  )?.extension;
  return {
    server: server.href.replace(/\/$/, ""),
    "tls-server-name": textIn(fields, "tls-server-name"),
    "insecure-skip-tls-verify": fields["insecure-skip-tls-verify"] === true ? true : undefined,
    "certificate-authority-data": ca === undefined ? undefined : Buffer.from(ca).toString("base64"),
    "proxy-url": textIn(fields, "proxy-url"),
    config,
  };
}
