import assert from "node:assert/strict";
import { entryOf } from "../../../components/release-plan/entry.ts";

const common = { namespace: "atom-staging", service: "atom", port: 8000 };
const istio = (url: string, ...hosts: string[]) => entryOf({ ...common, routes: { router: "istio", url, hosts } });

describe("where requests to a service go in", () => {
  it("is the gateway's URL, whose host the route knows by its name, by a wildcard, or because it takes any", () => {
    const url = "https://atom.example.com";
    for (const host of ["atom.example.com", "*.example.com", "*"])
      assert.deepEqual(istio(url, "other.example.org", host), { url }, host);
  });

  it("takes a Host header where the route knows another host: the first that is a name", () => {
    const url = "http://10.213.0.2:8080";
    assert.deepEqual(istio(url, "*.example.com", "atom.example.com", "b.example.com"), {
      url,
      host: "atom.example.com",
    });
    assert.deepEqual(istio("https://example.com", "*.example.com"), { url: "https://example.com" });
  });

  it("is the Service where there is no gateway", () => {
    assert.deepEqual(entryOf({ ...common, routes: { router: "replicas" } }), { url: "http://atom.atom-staging:8000" });
  });
});
