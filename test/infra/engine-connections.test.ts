import assert from "node:assert/strict";
import { Client, credentials, Server, ServerCredentials, status } from "@grpc/grpc-js";
import { connectAnew } from "../../infra/engine-connections.ts";

/** An engine that knows no method: it answers, and that is what is asked of it here. */
async function engineAt(port: number): Promise<{ readonly server: Server; readonly port: number }> {
  const server = new Server();
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) => {
      if (error === null) resolve(at);
      else reject(error);
    });
  });
  return { server, port: bound };
}

/** How a call ends. */
function call(client: Client): Promise<status | undefined> {
  const asIs = (bytes: Buffer) => bytes;
  return new Promise((resolve) => {
    client.makeUnaryRequest("/engine/method", asIs, asIs, Buffer.alloc(0), (error) => {
      resolve(error?.code);
    });
  });
}

describe("the connection to the engine", () => {
  it("is a new one, though another engine was on its port and is still looked for there", async () => {
    const options = connectAnew();
    const past = await engineAt(0);
    const connect = () => new Client(`127.0.0.1:${past.port}`, credentials.createInsecure(), options);
    const left = connect();
    assert.equal(await call(left), status.UNIMPLEMENTED);
    past.server.forceShutdown();
    assert.equal(await call(left), status.UNAVAILABLE);

    const { server } = await engineAt(past.port);
    const client = connect();
    try {
      assert.equal(await call(client), status.UNIMPLEMENTED);
    } finally {
      client.close();
      left.close();
      server.forceShutdown();
    }
  });
});
