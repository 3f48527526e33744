import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { AppError } from '../model/error.ts';

/** A password hash, parsed. */
export interface PasswordHash {
  readonly N: number;
  readonly r: number;
  readonly p: number;
  readonly salt: Buffer;
  readonly hash: Buffer;
}

/**
 * Cost of new hashes: about 37 ms of one core and 16 MiB. Higher costs would make the first login of a whole fleet after
 * a restart take minutes on a small machine; device passwords are to be random, not memorable.
 */
const COST = { N: 16384, r: 8, p: 1 };
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** Most memory one verification may take: a hash that asks for more is refused when it is read. */
const MAX_MEMORY = 256 * 1024 * 1024;

/** A hash that no password has, and whose verification costs what a new hash costs: for usernames nobody has. */
export const NOBODY: PasswordHash = { ...COST, salt: Buffer.alloc(SALT_BYTES), hash: Buffer.alloc(HASH_BYTES) };

/** `scrypt$N$r$p$salt$hash` of a password, with a new random salt. */
export async function hashPassword(password: string | Uint8Array): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  return formatHash({ ...COST, salt, hash: await derive(password, { ...COST, salt }, HASH_BYTES) });
}

/** True when `password` is the one that was hashed; compares in constant time. */
export async function verifyPassword(password: string | Uint8Array, hash: PasswordHash): Promise<boolean> {
  return timingSafeEqual(await derive(password, hash, hash.hash.length), hash.hash);
}

/** Text form of a hash, `scrypt$N$r$p$salt$hash` with base64 parts, as `users.yaml` holds it. */
export function formatHash({ N, r, p, salt, hash }: PasswordHash): string {
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64')}$${hash.toString('base64')}`;
}

/**
 * Reads the text form of a hash.
 *
 * @throws AppError `PASSWORD_HASH_INVALID`
 */
export function parseHash(text: string): PasswordHash {
  const [scheme, ...rest] = text.split('$');
  const [N, r, p] = rest.slice(0, 3).map(Number);
  const [salt, hash] = rest.slice(3).map((part) => Buffer.from(part, 'base64'));
  const valid =
    scheme === 'scrypt' &&
    rest.length === 5 &&
    isCount(N) &&
    Number.isInteger(Math.log2(N)) &&
    isCount(r) &&
    isCount(p) &&
    128 * N * r <= MAX_MEMORY &&
    salt !== undefined &&
    hash !== undefined &&
    salt.length >= 8 &&
    hash.length >= 16;
  if (!valid) {
    throw new AppError(
      'PASSWORD_HASH_INVALID',
      'not a password hash of the form scrypt$N$r$p$salt$hash; make one with: davylamp users add',
    );
  }
  return { N, r, p, salt, hash };
}

function isCount(value: number | undefined): value is number {
  return value !== undefined && Number.isSafeInteger(value) && value >= 1;
}

function derive(
  password: string | Uint8Array,
  { N, r, p, salt }: Omit<PasswordHash, 'hash'>,
  length: number,
): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    scrypt(password, salt, length, { N, r, p, maxmem: 2 * MAX_MEMORY }, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
