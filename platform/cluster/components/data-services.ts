import path from "node:path";
import { inside, ports } from "../addresses.ts";
import type { Command, Layout, Part, Service, Task } from "./component.ts";

/** Password of both services. A constant for local development, no secret: nothing outside the machine reaches them. */
export const dataServicePassword = "atom-local";

/** Where PostgreSQL's folder is shown to its unprivileged user, who may not enter the instance's. */
const postgresqlFolder = "/run/atom/postgresql";

/** PostgreSQL (database and user `atom`) and Redis, for the pods of a local stack. */
export function dataServices(layout: Layout): Part {
  return {
    components: [initDatabase(layout), createDatabase(layout), postgresql(layout), redis(layout)],
    files: { "postgresql/pg_hba.conf": hostBasedAuthentication },
    folders: [{ path: "postgresql", owner: layout.users.postgresql }],
    binds: [{ source: path.join(layout.instance.folder, "postgresql"), target: postgresqlFolder }],
  };
}

const dataFolder = path.join(postgresqlFolder, "data");

const hostBasedAuthentication = `local all postgres peer
host all all ${inside.podRange} scram-sha-256
`;

function asPostgresql({ tools, users }: Layout, executable: string, args: readonly string[]): Command {
  return { kind: "command", command: tools.path(executable), args, user: users.postgresql };
}

function initDatabase(layout: Layout): Task {
  return {
    name: "initdb",
    kind: "task",
    after: [],
    deadlineSeconds: 60,
    work: asPostgresql(layout, "initdb", [
      `--pgdata=${dataFolder}`,
      "--username=postgres",
      "--auth-local=peer",
      "--auth-host=reject",
      "--encoding=UTF8",
      "--locale=C",
      "--no-sync",
      "--no-instructions",
    ]),
  };
}

/** Through the single-user mode: it takes no server, no connection and no second password. */
function createDatabase(layout: Layout): Task {
  return {
    name: "create database",
    kind: "task",
    after: ["initdb"],
    deadlineSeconds: 60,
    work: {
      ...asPostgresql(layout, "postgres", ["--single", ...settings(), "-D", dataFolder, "postgres"]),
      input: [`CREATE ROLE atom LOGIN PASSWORD '${dataServicePassword}';`, "CREATE DATABASE atom OWNER atom;", ""].join(
        "\n",
      ),
    },
  };
}

function postgresql(layout: Layout): Service {
  return {
    name: "postgresql",
    kind: "service",
    after: ["create database"],
    deadlineSeconds: 30,
    command: asPostgresql(layout, "postgres", [...settings(), "-D", dataFolder]),
    ready: { kind: "tcp", host: inside.bridge, port: ports.postgresql },
    // Without waiting for its clients to go.
    stopSignal: "SIGINT",
  };
}

/** The data goes with the instance: nothing is kept safe from a power cut. */
function settings(): string[] {
  return Object.entries({
    listen_addresses: inside.bridge,
    port: ports.postgresql,
    unix_socket_directories: postgresqlFolder,
    hba_file: path.join(postgresqlFolder, "pg_hba.conf"),
    fsync: "off",
    full_page_writes: "off",
    synchronous_commit: "off",
    wal_level: "minimal",
    max_wal_senders: 0,
    shared_buffers: "64MB",
    max_connections: 200,
  }).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
}

function redis({ tools, users }: Layout): Service {
  return {
    name: "redis",
    kind: "service",
    after: [],
    deadlineSeconds: 30,
    command: {
      kind: "command",
      command: tools.path("redis-server"),
      // "-" reads the configuration from the standard input, which no list of processes shows.
      args: ["-"],
      input: [
        `bind ${inside.bridge}`,
        `port ${ports.redis}`,
        `requirepass ${dataServicePassword}`,
        'save ""',
        "appendonly no",
        "",
      ].join("\n"),
      user: users.nobody,
    },
    ready: { kind: "tcp", host: inside.bridge, port: ports.redis },
  };
}
