import assert from "node:assert/strict";
import { ClusterError } from "../../../platform/cluster/errors.ts";
import { referenceOf, userIn } from "../../../platform/cluster/layout.ts";

describe("The images of a cluster", () => {
  const references = ["atom.local:5000/prometheus-config-reloader:1", "atom.local:5000/prometheus:3.15.0", "pause"];

  it("are known by the last part of their repository", () => {
    assert.equal(referenceOf("prometheus", references), "atom.local:5000/prometheus:3.15.0");
    assert.equal(referenceOf("pause", references), "pause");
  });

  it("are named with what there is when one is missing", () => {
    assert.throws(
      () => referenceOf("alertmanager", references),
      (error) => error instanceof ClusterError && error.message.includes('no image "alertmanager"'),
    );
  });
});

describe("A user of the machine", () => {
  const passwd = "root:x:0:0:root:/root:/bin/bash\npostgres:x:105:110:PostgreSQL:/var/lib/postgresql:/bin/bash\n";

  it("is read from the list of users", () => {
    assert.deepEqual(userIn(passwd, "postgres"), { uid: 105, gid: 110 });
  });

  it("is undefined where there is none of that name", () => {
    assert.equal(userIn(passwd, "post"), undefined);
  });
});
