import "reflect-metadata";
import { webcrypto } from "node:crypto";
import * as x509 from "@peculiar/x509";
import { inside } from "./addresses.ts";

/** A certificate with its private key, both PEM. */
export interface KeyPair {
  readonly certificate: string;
  readonly key: string;
}

/** Who a client is to the API server: user is the common name, groups are the organisations. */
export interface Subject {
  readonly user: string;
  readonly groups?: readonly string[];
}

/** The API server's clients, by the file that keeps their certificate. */
export function clientSubjects(nodeName: string): Readonly<Record<ClientName, Subject>> {
  return {
    admin: { user: "atom-admin", groups: ["system:masters"] },
    "controller-manager": { user: "system:kube-controller-manager" },
    scheduler: { user: "system:kube-scheduler" },
    "kube-proxy": { user: "system:kube-proxy" },
    kubelet: { user: `system:node:${nodeName}`, groups: ["system:nodes"] },
    istiod: { user: "atom:istiod" },
    "prometheus-operator": { user: "atom:prometheus-operator" },
    "metrics-server": { user: "atom:metrics-server" },
    keda: { user: "atom:keda" },
  };
}

export type ClientName =
  | "admin"
  | "controller-manager"
  | "scheduler"
  | "kube-proxy"
  | "kubelet"
  | "istiod"
  | "prometheus-operator"
  | "metrics-server"
  | "keda";

export interface ClusterCertificates {
  /** PEM of the authority that signed all others. Its key is not kept: nothing is signed later. */
  readonly authority: string;
  readonly apiServer: KeyPair;
  readonly kubeletServer: KeyPair;
  /** The API server as the kubelet's client (logs, exec). */
  readonly apiServerToKubelet: KeyPair;
  /**
   * The API server as the client of servers behind it, which take its word for who asks. PEM of an authority of its own, so that no other
   * client's certificate is taken for this one.
   */
  readonly frontProxy: { readonly authority: string; readonly client: KeyPair };
  readonly clients: Readonly<Record<ClientName, KeyPair>>;
  /** Signs and checks the tokens of service accounts. */
  readonly serviceAccount: { readonly publicKey: string; readonly privateKey: string };
}

export interface CertificateOptions {
  readonly nodeName: string;
  /** The instance, as the host reaches it. */
  readonly linkAddress: string;
  readonly now: Date;
}

const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" } as const;
/** An instance lives for days, not years; a year leaves room for those who forget one. */
const validDays = 365;
/** A certificate that is valid from now is refused by a clock that is a little behind. */
const clockSkewMs = 5 * 60_000;

/** The user name of {@link ClusterCertificates.apiServerToKubelet}, for its ClusterRoleBinding. */
export const kubeletApiUser = "atom:kube-apiserver";

/** The user name of {@link ClusterCertificates.frontProxy}: the one that may say in a header who asks. */
export const frontProxyUser = "atom:front-proxy";

/** Makes an authority of its own and all that it signs. */
export async function createCertificates(options: CertificateOptions): Promise<ClusterCertificates> {
  x509.cryptoProvider.set(webcrypto);
  const [authority, frontProxyAuthority] = await Promise.all([
    createAuthority("atom-cluster", options.now),
    createAuthority("atom-front-proxy", options.now),
  ]);
  const sign = (subject: Subject, usage: Usage) => signed(authority, subject, usage, options.now);
  const server = (user: string, names: readonly string[], addresses: readonly string[]) =>
    sign({ user }, { extended: x509.ExtendedKeyUsage.serverAuth, names, addresses });
  const client = (subject: Subject) => sign(subject, { extended: x509.ExtendedKeyUsage.clientAuth });
  const subjects = Object.entries(clientSubjects(options.nodeName));
  const frontProxy = { user: frontProxyUser };
  const [apiServer, kubeletServer, apiServerToKubelet, frontProxyClient, serviceAccount, ...clients] =
    await Promise.all([
      server("kube-apiserver", apiServerNames, [
        inside.bridge,
        inside.apiService,
        inside.loopback,
        options.linkAddress,
      ]),
      server(`system:node:${options.nodeName}`, [options.nodeName], [inside.bridge, inside.loopback]),
      client({ user: kubeletApiUser }),
      signed(frontProxyAuthority, frontProxy, { extended: x509.ExtendedKeyUsage.clientAuth }, options.now),
      generateKeys(),
      ...subjects.map(([, subject]) => client(subject)),
    ]);
  return {
    authority: authority.certificate.toString("pem"),
    apiServer,
    kubeletServer,
    apiServerToKubelet,
    frontProxy: { authority: frontProxyAuthority.certificate.toString("pem"), client: frontProxyClient },
    clients: Object.fromEntries(subjects.map(([name], index) => [name, clients[index]])) as Record<ClientName, KeyPair>,
    serviceAccount: {
      publicKey: await pem("spki", "PUBLIC KEY", serviceAccount.publicKey),
      privateKey: await pem("pkcs8", "PRIVATE KEY", serviceAccount.privateKey),
    },
  };
}

const apiServerNames = [
  "localhost",
  "kubernetes",
  "kubernetes.default",
  "kubernetes.default.svc",
  "kubernetes.default.svc.cluster.local",
];

interface Authority {
  readonly certificate: x509.X509Certificate;
  readonly key: webcrypto.CryptoKey;
}

interface Usage {
  readonly extended: x509.ExtendedKeyUsage;
  readonly names?: readonly string[];
  readonly addresses?: readonly string[];
}

async function createAuthority(name: string, now: Date): Promise<Authority> {
  const keys = await generateKeys();
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    serialNumber: serialNumber(),
    name: [{ CN: [name] }],
    ...validity(now),
    signingAlgorithm: algorithm,
    keys,
    extensions: [
      new x509.BasicConstraintsExtension(true, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { certificate, key: keys.privateKey };
}

async function signed(authority: Authority, subject: Subject, usage: Usage, now: Date): Promise<KeyPair> {
  const keys = await generateKeys();
  const alternatives = [
    ...(usage.names ?? []).map((value) => ({ type: "dns" as const, value })),
    ...(usage.addresses ?? []).map((value) => ({ type: "ip" as const, value })),
  ];
  const certificate = await x509.X509CertificateGenerator.create({
    serialNumber: serialNumber(),
    // As JSON, since in the text form a group's colons and commas would want quoting.
    subject: [...(subject.groups ?? []).map((group) => ({ O: [group] })), { CN: [subject.user] }],
    issuer: authority.certificate.subject,
    ...validity(now),
    signingAlgorithm: algorithm,
    publicKey: keys.publicKey,
    signingKey: authority.key,
    extensions: [
      new x509.BasicConstraintsExtension(false, undefined, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.digitalSignature, true),
      new x509.ExtendedKeyUsageExtension([usage.extended]),
      await x509.AuthorityKeyIdentifierExtension.create(authority.certificate),
      ...(alternatives.length === 0 ? [] : [new x509.SubjectAlternativeNameExtension(alternatives)]),
    ],
  });
  return { certificate: certificate.toString("pem"), key: await pem("pkcs8", "PRIVATE KEY", keys.privateKey) };
}

function validity(now: Date): { notBefore: Date; notAfter: Date } {
  return {
    notBefore: new Date(now.getTime() - clockSkewMs),
    notAfter: new Date(now.getTime() + validDays * 24 * 3600_000),
  };
}

/** 15 random bytes after one that keeps the number positive, as RFC 5280 asks. */
function serialNumber(): string {
  return `01${Buffer.from(webcrypto.getRandomValues(new Uint8Array(15))).toString("hex")}`;
}

function generateKeys(): Promise<webcrypto.CryptoKeyPair> {
  return webcrypto.subtle.generateKey(algorithm, true, ["sign", "verify"]);
}

async function pem(format: "spki" | "pkcs8", label: string, key: webcrypto.CryptoKey): Promise<string> {
  return x509.PemConverter.encode(await webcrypto.subtle.exportKey(format, key), label) + "\n";
}
