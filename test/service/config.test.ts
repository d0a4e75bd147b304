import assert from "node:assert/strict";
import { ConfigError, parseMigrationConfig, parseRevertConfig, parseServerConfig } from "../../service/src/config.ts";

const needed = {
  DATABASE_URL: "postgres://atom:hunter2@db:5432/atom",
  REDIS_URL: "redis://:hunter2@cache:6379",
  TOKEN_SECRET: "0123456789abcdef0123456789abcdef",
};

function problemsOf(parse: () => unknown): readonly string[] {
  try {
    parse();
  } catch (error) {
    assert.ok(error instanceof ConfigError);
    return error.problems;
  }
  return [];
}

describe("The service's environment", () => {
  it("needs three variables and has a default for every other", () => {
    assert.deepEqual(parseServerConfig(needed), {
      ...needed,
      HOST: "0.0.0.0",
      PORT: 8000,
      DATABASE_POOL_SIZE: 5,
      DATABASE_MAX_OVERFLOW: 5,
      LANCEDB_URI: "/data/lancedb",
      TOKEN_TTL_SECONDS: 900,
      BODY_LIMIT_BYTES: 65_536,
      DRAIN_SECONDS: 5,
      SHUTDOWN_SECONDS: 20,
      KEEP_ALIVE_SECONDS: 3_900,
      LOG_LEVEL: "info",
      ATOM_SLOT: "none",
      ATOM_VERSION: "dev",
    });
  });

  it("is refused with all its problems at once", () => {
    const environment = {
      DATABASE_URL: "mysql://db",
      TOKEN_SECRET: "short",
      PORT: "80a",
      LOG_LEVEL: "loud",
      ATOM_SLOT: "",
    };
    assert.deepEqual(
      problemsOf(() => parseServerConfig(environment)),
      [
        'PORT: must be a whole number (got "80a")',
        "DATABASE_URL: must be a URL that starts with postgres:// or postgresql://",
        "REDIS_URL: is not set",
        "TOKEN_SECRET: must have at least 32 characters",
        'LOG_LEVEL: Invalid option: expected one of "trace"|"debug"|"info"|"warn"|"error"|"fatal"|"silent" (got "loud")',
        'ATOM_SLOT: must be a Kubernetes label value (got "")',
      ],
    );
  });

  it("is refused where a number is out of range", () => {
    assert.deepEqual(
      problemsOf(() => parseServerConfig({ ...needed, PORT: "65536", TOKEN_TTL_SECONDS: "0" })),
      ['PORT: must be from 0 to 65535 (got "65536")', 'TOKEN_TTL_SECONDS: must be from 1 to 86400 (got "0")'],
    );
  });

  it("has secrets that no message shows", () => {
    const environment = { DATABASE_URL: "http://hunter2", REDIS_URL: "hunter2", TOKEN_SECRET: "hunter2" };
    const problems = problemsOf(() => parseServerConfig(environment));
    assert.equal(problems.length, 3);
    assert.ok(!problems.join().includes("hunter2"));
  });

  it("takes faults as JSON and fills in what they leave out", () => {
    const { ATOM_FAULTS } = parseServerConfig({ ...needed, ATOM_FAULTS: '{"errorShare": 0.05}' });
    assert.deepEqual(ATOM_FAULTS, {
      errorShare: 0.05,
      errorStatus: 500,
      latencyMs: 0,
      latencyShare: 1,
      notReady: false,
      spacing: "even",
    });
  });

  for (const [faults, problem] of [
    ["{", "ATOM_FAULTS: must be JSON"],
    ['{"errorRate": 1}', 'ATOM_FAULTS: Unrecognized key: "errorRate"'],
    ['{"errorShare": 5}', "ATOM_FAULTS.errorShare: Too big: expected number to be <=1"],
    ['{"errorStatus": 200}', "ATOM_FAULTS.errorStatus: Too small: expected number to be >=400"],
    ['{"routes": ["api"]}', 'ATOM_FAULTS.routes.0: Invalid string: must start with "/"'],
    ["[]", "ATOM_FAULTS: Invalid input: expected object, received array"],
  ] as const)
    it(`refuses the faults ${faults}`, () => {
      const problems = problemsOf(() => parseServerConfig({ ...needed, ATOM_FAULTS: faults }));
      assert.deepEqual(problems, [`${problem} (got ${JSON.stringify(faults)})`]);
    });
});

describe("The environment of migrations", () => {
  it("names the user smoke_test unless told otherwise", () => {
    const { SMOKE_TEST_USERNAME } = parseMigrationConfig({ ...needed, SMOKE_TEST_PASSWORD: "long enough" });
    assert.equal(SMOKE_TEST_USERNAME, "smoke_test");
  });

  it("needs the password to go up, and not to go down", () => {
    assert.deepEqual(
      problemsOf(() => parseMigrationConfig(needed)),
      ["SMOKE_TEST_PASSWORD: is not set"],
    );
    assert.deepEqual(
      problemsOf(() => parseRevertConfig(needed)),
      [],
    );
  });

  it("does not show a password that is too short", () => {
    assert.deepEqual(
      problemsOf(() => parseMigrationConfig({ ...needed, SMOKE_TEST_PASSWORD: "abc" })),
      ["SMOKE_TEST_PASSWORD: must have at least 8 characters"],
    );
  });
});
