import assert from "node:assert/strict";
import { X509Certificate, createPrivateKey, createPublicKey } from "node:crypto";
import { createCertificates, type ClusterCertificates } from "../../../platform/cluster/certificates.ts";

const now = new Date("2026-11-21T12:00:00Z");

describe("The certificates of a cluster", () => {
  let certificates: ClusterCertificates;

  before(async () => {
    certificates = await createCertificates({ nodeName: "atom-a", linkAddress: "10.213.7.2", now });
  });

  it("are all signed by an authority of their own, with the key that belongs to them", () => {
    const authority = new X509Certificate(certificates.authority);
    assert.equal(authority.ca, true);
    const { apiServer, kubeletServer, apiServerToKubelet, clients } = certificates;
    for (const { certificate, key } of [apiServer, kubeletServer, apiServerToKubelet, ...Object.values(clients)]) {
      const parsed = new X509Certificate(certificate);
      assert.equal(parsed.ca, false);
      assert.equal(parsed.verify(authority.publicKey), true, parsed.subject);
      assert.equal(parsed.checkIssued(authority), true, parsed.subject);
      assert.equal(parsed.checkPrivateKey(createPrivateKey(key)), true, parsed.subject);
    }
  });

  it("of the API server as a front proxy is signed by another authority, which signed nothing else", () => {
    const { authority, client } = certificates.frontProxy;
    const frontProxy = new X509Certificate(authority);
    const parsed = new X509Certificate(client.certificate);
    assert.equal(parsed.verify(frontProxy.publicKey), true);
    assert.equal(parsed.checkPrivateKey(createPrivateKey(client.key)), true);
    assert.equal(parsed.subject, "CN=atom:front-proxy");
    assert.equal(parsed.verify(new X509Certificate(certificates.authority).publicKey), false);
    for (const { certificate } of Object.values(certificates.clients))
      assert.equal(new X509Certificate(certificate).verify(frontProxy.publicKey), false);
  });

  it("of the API server hold for the bridge, the service address, loopback and the link, and for nothing else", () => {
    const { subjectAltName } = new X509Certificate(certificates.apiServer.certificate);
    assert.deepEqual(
      subjectAltName?.split(", ").filter((name) => name.startsWith("IP")),
      ["IP Address:10.244.0.1", "IP Address:10.96.0.1", "IP Address:127.0.0.1", "IP Address:10.213.7.2"],
    );
  });

  it("name each client as Kubernetes's authorisation expects it", () => {
    const subjectOf = (name: keyof ClusterCertificates["clients"]) =>
      new X509Certificate(certificates.clients[name].certificate).subject;
    assert.equal(subjectOf("admin"), "O=system:masters\nCN=atom-admin");
    assert.equal(subjectOf("kubelet"), "O=system:nodes\nCN=system:node:atom-a");
    assert.equal(subjectOf("kube-proxy"), "CN=system:kube-proxy");
    assert.equal(subjectOf("istiod"), "CN=atom:istiod");
  });

  it("can be used as a server or as a client, never as both", () => {
    const usage = (certificate: string) => new X509Certificate(certificate).keyUsage;
    assert.deepEqual(usage(certificates.apiServer.certificate), ["1.3.6.1.5.5.7.3.1"]);
    assert.deepEqual(usage(certificates.clients.admin.certificate), ["1.3.6.1.5.5.7.3.2"]);
  });

  it("are valid a little before now and for a year", () => {
    const { validFromDate, validToDate } = new X509Certificate(certificates.apiServer.certificate);
    assert.equal(validFromDate.toISOString(), "2026-11-21T11:55:00.000Z");
    assert.equal(validToDate.toISOString(), "2027-11-21T12:00:00.000Z");
  });

  it("come with a pair of keys for the tokens of service accounts", () => {
    const { publicKey, privateKey } = certificates.serviceAccount;
    assert.deepEqual(
      createPublicKey(createPrivateKey(privateKey)).export({ type: "spki", format: "pem" }).toString().trim(),
      publicKey.trim(),
    );
  });
});
