import { randomBytes, scrypt, timingSafeEqual, type BinaryLike, type ScryptOptions } from "node:crypto";
import { promisify } from "node:util";

const derive = promisify<BinaryLike, BinaryLike, number, ScryptOptions, Buffer>(scrypt);

/** Node's own defaults: 16 MiB and some 25 ms of a core for each try, which a small pod can afford. A hash carries its cost, so it can be raised. */
const cost = { log2N: 14, blockSize: 8, parallelization: 1 };
const keyBytes = 32;
const saltBytes = 16;

/** A stored hash that this module did not write. */
export class PasswordHashError extends Error {
  override readonly name = "PasswordHashError";
}

/** Hashes a password with a fresh salt, as a PHC string: `$scrypt$ln=14,r=8,p=1$<salt>$<key>` (base64url). */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(saltBytes);
  const key = await deriveKey(password, salt, cost.log2N, cost.blockSize, cost.parallelization, keyBytes);
  const parameters = `ln=${cost.log2N},r=${cost.blockSize},p=${cost.parallelization}`;
  return `$scrypt$${parameters}$${salt.toString("base64url")}$${key.toString("base64url")}`;
}

const phc = /^\$scrypt\$ln=(\d{1,2}),r=(\d{1,2}),p=(\d{1,2})\$([\w-]{8,})\$([\w-]{16,})$/;

/** Whether the hash was made of this password. Throws a {@link PasswordHashError} when the hash is malformed. */
export async function verifyPassword(password: string, hash: string): Promise<boolean> {
  const match = phc.exec(hash);
  if (match === null) throw new PasswordHashError("The stored password hash is not a scrypt hash of ours.");
  const [, log2N = "", blockSize = "", parallelization = "", salt = "", stored = ""] = match;
  const expected = Buffer.from(stored, "base64url");
  const actual = await deriveKey(
    password,
    Buffer.from(salt, "base64url"),
    Number(log2N),
    Number(blockSize),
    Number(parallelization),
    expected.length,
  );
  return timingSafeEqual(actual, expected);
}

function deriveKey(
  password: string,
  salt: Buffer,
  log2N: number,
  blockSize: number,
  parallelization: number,
  length: number,
): Promise<Buffer> {
  const N = 2 ** log2N;
  return derive(password, salt, length, {
    N,
    r: blockSize,
    p: parallelization,
    maxmem: 256 * N * blockSize,
  });
}
