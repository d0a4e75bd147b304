// A kubeconfig as kubectl reads it: https://kubernetes.io/docs/reference/config-api/kubeconfig.v1. Our own reader, because the client library
// for all of Kubernetes takes longer to load than a rollback may take to begin.
import { existsSync, readFileSync } from "node:fs";
import { homedir } from "node:os";
import path from "node:path";
import { UserError } from "../../../components/errors/user-error.ts";
import { isFields, listIn, textIn, type Fields } from "./fields.ts";
import { inClusterKubeconfig } from "./in-cluster.ts";
import { parsePlainYaml } from "./plain-yaml.ts";

/** The kubeconfig cannot be used. */
export class KubeconfigError extends UserError {
  override readonly name = "KubeconfigError";
}

/** An entry of one of a kubeconfig's lists. Paths in it are relative to `folder`. */
export interface Entry {
  readonly fields: Fields;
  readonly folder: string;
}

/** Contexts, clusters and users by their names. */
export interface Kubeconfig {
  readonly currentContext: string | undefined;
  readonly contexts: ReadonlyMap<string, Entry>;
  readonly clusters: ReadonlyMap<string, Entry>;
  readonly users: ReadonlyMap<string, Entry>;
}

/** A kubeconfig is written in YAML that only a whole parser reads: see {@link YamlParser}. */
export class WholeYamlError extends KubeconfigError {}

/** Of the `yaml` package. */
export type YamlParser = (text: string) => unknown;

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * Reads the kubeconfig that was named; else those of `KUBECONFIG`, else `~/.kube/config`, else the ServiceAccount of the pod that this runs in.
 * Throws a {@link KubeconfigError}; a {@link WholeYamlError} where it needs a parser and was given none.
 */
export function readKubeconfig(
  named: string | undefined,
  environment: Environment = process.env,
  yaml?: YamlParser,
): Kubeconfig {
  const read = (file: string): Kubeconfig => readFile(file, yaml);
  if (named !== undefined) return read(named);
  const listed = (environment.KUBECONFIG ?? "").split(path.delimiter).filter((file) => file !== "");
  const candidates = listed.length > 0 ? listed : [path.join(environment.HOME ?? homedir(), ".kube", "config")];
  // kubectl's rule: files of the list that do not exist are as good as empty.
  const files = candidates.filter((file) => existsSync(file));
  if (files.length > 0) return files.map(read).reduce(merged);
  const own = inClusterKubeconfig(environment);
  if (own !== undefined) return own;
  throw new KubeconfigError(
    `There is no kubeconfig (looked for: ${candidates.join(", ")}).\nName one with --kubeconfig, or set KUBECONFIG.`,
  );
}

function readFile(file: string, yaml: YamlParser | undefined): Kubeconfig {
  try {
    return kubeconfigIn(readFileSync(file, "utf8"), path.dirname(path.resolve(file)), yaml);
  } catch (cause) {
    if (cause instanceof WholeYamlError) throw cause;
    throw new KubeconfigError(
      `The kubeconfig ${file} cannot be read: ${(cause as Error).message}\nName another one with --kubeconfig.`,
      { cause },
    );
  }
}

/** @param folder what paths in it are relative to */
export function kubeconfigIn(text: string, folder: string, yaml?: YamlParser): Kubeconfig {
  const config = valueOf(text, yaml) ?? {};
  if (!isFields(config)) throw new Error("it is neither a YAML mapping nor a JSON object");
  const entries = (list: string, kind: string): ReadonlyMap<string, Entry> =>
    new Map(
      listIn(config, list).flatMap((item): [string, Entry][] => {
        const name = textIn(item, "name");
        const fields = item[kind];
        return name === undefined ? [] : [[name, { fields: isFields(fields) ? fields : {}, folder }]];
      }),
    );
  return {
    currentContext: textIn(config, "current-context"),
    contexts: entries("contexts", "context"),
    clusters: entries("clusters", "cluster"),
    users: entries("users", "user"),
  };
}

function valueOf(text: string, yaml: YamlParser | undefined): unknown {
  // JSON is YAML too.
  if (text.trimStart().startsWith("{"))
    try {
      return JSON.parse(text) as unknown;
    } catch {
      // YAML's own flow style, which begins alike.
    }
  const plain = parsePlainYaml(text);
  if (plain !== undefined) return plain.value;
  if (yaml === undefined) throw new WholeYamlError("The kubeconfig has YAML that only a whole parser reads.");
  return yaml(text);
}

/** kubectl's rule: the first file that has a name, or the current context, counts. */
function merged(first: Kubeconfig, second: Kubeconfig): Kubeconfig {
  const both = (list: "contexts" | "clusters" | "users"): ReadonlyMap<string, Entry> =>
    new Map([...second[list], ...first[list]]);
  return {
    currentContext: first.currentContext ?? second.currentContext,
    contexts: both("contexts"),
    clusters: both("clusters"),
    users: both("users"),
  };
}
