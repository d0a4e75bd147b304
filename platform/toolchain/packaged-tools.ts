import type { ToolTable } from "./tool.ts";

/** The tools that come from packages of the distribution (Debian's names). */
export const packagedTools = {
  containerd: {
    version: "1.6.20",
    neededFor: "containers",
    executables: ["containerd", "containerd-shim-runc-v2", "ctr"],
    onMachine: {
      accepts: { atLeast: "1.6.0", below: "3" },
      versionArguments: { "containerd-shim-runc-v2": ["-v"] },
    },
    sources: [
      {
        kind: "debian",
        packages: ["containerd"],
        programs: {
          containerd: "usr/bin/containerd",
          "containerd-shim-runc-v2": "usr/bin/containerd-shim-runc-v2",
          ctr: "usr/bin/ctr",
        },
      },
    ],
    estimateSeconds: 10,
    space: { cache: 250 },
    asRoot: true,
  },
  runc: {
    version: "1.1.5",
    neededFor: "containers: containerd starts each of them with it",
    executables: ["runc"],
    onMachine: { accepts: { atLeast: "1.1.0", below: "2" } },
    sources: [{ kind: "debian", packages: ["runc"], programs: { runc: "usr/sbin/runc" } }],
    estimateSeconds: 5,
    space: { cache: 30 },
    asRoot: true,
  },
  "cni-plugins": {
    version: "1.1.1",
    neededFor: "the pods' network",
    executables: [],
    directoryOf: ["bridge", "host-local", "portmap", "loopback"],
    onMachine: { folders: ["/usr/lib/cni", "/opt/cni/bin"] },
    sources: [{ kind: "debian", packages: ["containernetworking-plugins"], programs: {}, directory: "usr/lib/cni" }],
    estimateSeconds: 5,
    space: { cache: 120 },
    asRoot: true,
  },
  iptables: {
    version: "1.8.9",
    neededFor: "service addresses: kube-proxy writes its rules with it",
    executables: ["iptables", "iptables-save", "iptables-restore", "ip6tables", "ip6tables-save", "ip6tables-restore"],
    onMachine: { accepts: { atLeast: "1.8.0", below: "2" } },
    sources: [
      {
        kind: "debian",
        packages: ["iptables"],
        programs: {
          iptables: "usr/sbin/iptables-nft",
          "iptables-save": "usr/sbin/iptables-nft-save",
          "iptables-restore": "usr/sbin/iptables-nft-restore",
          ip6tables: "usr/sbin/ip6tables-nft",
          "ip6tables-save": "usr/sbin/ip6tables-nft-save",
          "ip6tables-restore": "usr/sbin/ip6tables-nft-restore",
        },
        environment: { XTABLES_LIBDIR: "usr/lib/*/xtables" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 20 },
    asRoot: true,
  },
  alertmanager: {
    version: "0.25.0",
    neededFor: "alerts, and amtool for the tests of their routes",
    executables: ["alertmanager", "amtool"],
    onMachine: {
      accepts: { atLeast: "0.25.0", below: "1" },
      aliases: { alertmanager: ["prometheus-alertmanager"] },
    },
    sources: [
      {
        kind: "debian",
        packages: ["prometheus-alertmanager"],
        programs: { alertmanager: "usr/bin/prometheus-alertmanager", amtool: "usr/bin/amtool" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 100 },
  },
  pushgateway: {
    version: "1.5.1",
    neededFor: "the counters of releases",
    executables: ["pushgateway"],
    onMachine: {
      accepts: { atLeast: "1.4.0", below: "2" },
      aliases: { pushgateway: ["prometheus-pushgateway"] },
    },
    sources: [
      {
        kind: "debian",
        packages: ["prometheus-pushgateway"],
        programs: { pushgateway: "usr/bin/prometheus-pushgateway" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 50 },
  },
  postgresql: {
    version: "15",
    neededFor: "Atom's rows",
    executables: ["postgres", "initdb", "pg_ctl", "psql"],
    onMachine: {
      accepts: { atLeast: "13", below: "19" },
      versionPattern: /\(PostgreSQL\) (\d+(?:\.\d+)*)/,
      // First: in PATH, Debian has wrappers of its own that look for a registered database.
      folders: ["/usr/lib/postgresql/*/bin"],
    },
    sources: [
      {
        kind: "debian",
        packages: [
          { dependencyOf: "postgresql", named: /^postgresql-\d+$/ },
          { dependencyOf: "postgresql-client", named: /^postgresql-client-\d+$/ },
        ],
        programs: {
          postgres: "usr/lib/postgresql/*/bin/postgres",
          initdb: "usr/lib/postgresql/*/bin/initdb",
          pg_ctl: "usr/lib/postgresql/*/bin/pg_ctl",
          psql: "usr/lib/postgresql/*/bin/psql",
        },
        // It needs LLVM, which is larger than PostgreSQL; where the file is missing, PostgreSQL does without.
        omit: ["usr/lib/postgresql/*/lib/llvmjit.so"],
      },
    ],
    estimateSeconds: 15,
    space: { cache: 150 },
  },
  redis: {
    version: "7.0.15",
    neededFor: "Atom's cache",
    executables: ["redis-server", "redis-cli"],
    onMachine: { accepts: { atLeast: "6.0.0", below: "9" } },
    sources: [
      {
        kind: "debian",
        packages: ["redis-server", "redis-tools"],
        programs: { "redis-server": "usr/bin/redis-server", "redis-cli": "usr/bin/redis-cli" },
      },
    ],
    estimateSeconds: 5,
    space: { cache: 40 },
  },
  tini: {
    version: "0.19.0",
    neededFor: "the first process of the cluster's PID namespace",
    executables: ["tini"],
    onMachine: { accepts: { atLeast: "0.18.0", below: "1" } },
    sources: [{ kind: "debian", packages: ["tini"], programs: { tini: "usr/bin/tini-static" } }],
    estimateSeconds: 5,
    space: { cache: 5 },
  },
} as const satisfies ToolTable;
