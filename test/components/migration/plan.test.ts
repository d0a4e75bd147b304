import assert from "node:assert/strict";
import { changedMigrationNotes, planMigration, type LiveMigration } from "../../../components/migration/plan.ts";

const live = (changes: Partial<LiveMigration> = {}): LiveMigration => ({
  digest: "new",
  uid: "uid-1",
  attempt: undefined,
  failed: false,
  ...changes,
});

describe("the migrations of a template", () => {
  it("run when it comes up or is staged, and then once", () => {
    const first = planMigration(true, "new", undefined);
    assert.deepEqual(first, { run: true, digest: "new", attempt: undefined });
    assert.deepEqual(planMigration(true, "new", live()), first);
  });

  it("run whatever became of another template's", () => {
    assert.deepEqual(planMigration(true, "new", live({ digest: "old", failed: true })), {
      run: true,
      digest: "new",
      attempt: undefined,
    });
  });

  it("run anew after a failure, and then once again", () => {
    const second = planMigration(true, "new", live({ failed: true }));
    assert.deepEqual(second, { run: true, digest: "new", attempt: "uid-1" });
    assert.deepEqual(planMigration(true, "new", live({ uid: "uid-2", attempt: "uid-1" })), second);
    assert.equal(planMigration(true, "new", live({ uid: "uid-2", attempt: "uid-1", failed: true }))?.attempt, "uid-2");
  });

  it("stay as they ended when nothing is staged", () => {
    assert.deepEqual(planMigration(false, "new", live({ digest: "old", attempt: "uid-0" })), {
      run: false,
      digest: "old",
      attempt: "uid-0",
    });
  });

  it("go when they failed and nothing is staged, and do not come back", () => {
    assert.equal(planMigration(false, "new", live({ failed: true })), undefined);
    assert.equal(planMigration(false, "new", undefined), undefined);
  });
});

describe("what is said of migrations", () => {
  const settings = {
    command: ["node", "migrate.ts"],
    environment: { values: { USER: "somebody" }, secrets: { DATABASE_URL: "databaseUrl" } },
    deadlineSeconds: 300,
  };
  const env = [
    { name: "DATABASE_URL", valueFrom: { secretKeyRef: { name: "atom-secrets-0", key: "databaseUrl" } } },
    { name: "USER", value: "somebody" },
  ];
  const template = {
    spec: { containers: [{ command: settings.command, env, imagePullPolicy: "Always" }], dnsPolicy: "ClusterFirst" },
  };
  const ran = live({ digest: "old", template, deadlineSeconds: 300 });
  const left = planMigration(false, "old", ran);

  it("is nothing where they are those that ran, whatever the API server added and the Secret is called", () => {
    assert.deepEqual(changedMigrationNotes("atom", settings, left, ran), []);
  });

  it("is what differs from those that ran, and when it counts", () => {
    const other = { command: ["true"], environment: { values: {}, secrets: {} }, deadlineSeconds: 5 };
    assert.deepEqual(changedMigrationNotes("atom", other, left, ran), [
      "atom: the migrations' command, environment, deadlineSeconds differ from what ran for template old. They run with the next version that is staged.",
    ]);
    assert.deepEqual(changedMigrationNotes("atom", { ...settings, command: ["true"] }, left, ran).length, 1);
  });

  it("is nothing where they run now, ran never, or are not known", () => {
    const other = { ...settings, command: ["true"] };
    assert.deepEqual(changedMigrationNotes("atom", other, planMigration(true, "new", ran), ran), []);
    assert.deepEqual(changedMigrationNotes("atom", other, undefined, undefined), []);
    assert.deepEqual(changedMigrationNotes("atom", other, left, live({ template: { spec: {} } })), []);
  });
});
