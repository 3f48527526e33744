import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parse } from 'yaml';
import { parseHash, verifyPassword } from '../../src/broker/accounts.ts';
import { usersCommand } from '../../src/cli/users.ts';

let directory = '';
let output = '';

beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-users-'));
  output = '';
  for (const stream of [process.stdout, process.stderr]) {
    vi.spyOn(stream, 'write').mockImplementation((text) => {
      output += String(text);
      return true;
    });
  }
  writeFileSync(join(directory, 'secret'), 'correct horse battery\n');
});

afterEach(() => {
  vi.restoreAllMocks();
  rmSync(directory, { recursive: true, force: true });
});

async function users(...args: string[]): Promise<void> {
  const command = usersCommand();
  for (const one of [command, ...command.commands]) one.exitOverride();
  await command.parseAsync([...args, '--config', directory], { from: 'user' });
}

const add = (...args: string[]) => users('add', ...args, '--password-file', join(directory, 'secret'));
const file = () => readFileSync(join(directory, 'users.yaml'), 'utf8');
const accounts = () => (parse(file()) as { users: Record<string, unknown>[] }).users;

describe('davylamp users', () => {
  it('adds a device with a hash of its password, in a file only its owner reads', async () => {
    await add('wujin-gas/cab-001');
    const [account] = accounts();
    expect(account).toMatchObject({ username: 'wujin-gas/cab-001', role: 'device' });
    expect(await verifyPassword('correct horse battery', parseHash(String(account?.['hash'])))).toBe(true);
    expect(statSync(join(directory, 'users.yaml')).mode & 0o777).toBe(0o600);
    expect(readdirSync(directory).sort()).toEqual(['secret', 'users.yaml']);
    expect(output + file()).not.toContain('horse');
    expect(file()).toMatch(/^users:\n {2}- \{ username: wujin-gas\/cab-001, role: device, hash: /);
  });

  it('keeps what stands in the file, and adds gateways and readers with their filters', async () => {
    writeFileSync(join(directory, 'users.yaml'), '# who may log in\nusers: []\n');
    await add('edge', '--role', 'gateway', '--publish', 'v1/a/#', 'v1/b/#', '--subscribe', 'v1/a/+/command/#');
    await add('room', '--role', 'reader', '--subscribe', 'v1/#');
    expect(file()).toContain('# who may log in');
    expect(accounts()).toMatchObject([
      { username: 'edge', role: 'gateway', publish: ['v1/a/#', 'v1/b/#'], subscribe: ['v1/a/+/command/#'] },
      { username: 'room', role: 'reader', subscribe: ['v1/#'] },
    ]);
    await users('list');
    expect(output).toContain('gateway  edge  publish v1/a/# v1/b/#');
    output = '';
    await users('list', '--json');
    expect(JSON.parse(output).items[1]).toEqual({ username: 'room', role: 'reader', publish: [], subscribe: ['v1/#'] });
    expect(output).not.toContain('scrypt');
  });

  it('replaces only when told to, and removes', async () => {
    await add('s/d');
    const before = file();
    await expect(add('s/d')).rejects.toMatchObject({ code: 'USERNAME_TAKEN' });
    expect(file()).toBe(before);
    await add('s/d', '--replace');
    expect(file()).not.toBe(before);
    expect(accounts()).toHaveLength(1);
    await users('remove', 's/d');
    expect(accounts()).toEqual([]);
    await expect(users('remove', 's/d')).rejects.toMatchObject({ code: 'USER_UNKNOWN' });
  });

  it.each([
    [['edge'], 'USER_ROLE_MISSING'],
    [['edge', '--role', 'device'], 'USERNAME_INVALID'],
    [['s/d', '--role', 'reader', '--subscribe', 'a'], 'USERNAME_INVALID'],
    [['s/d', '--publish', 'a'], 'USER_FILTERS_INVALID'],
    [['edge', '--role', 'gateway'], 'USER_FILTERS_INVALID'],
    [['room', '--role', 'reader'], 'USER_FILTERS_INVALID'],
    [['room', '--role', 'king'], 'commander.invalidArgument'],
    [['+/+'], 'commander.invalidArgument'],
    [['room', '--role', 'reader', '--subscribe', 'a#'], 'commander.invalidArgument'],
    [['room', '--role', 'reader', '--subscribe', '$SYS/#'], 'commander.invalidArgument'],
  ])('%j is refused', async (args, code) => {
    await expect(add(...args)).rejects.toMatchObject({ code });
    expect(readdirSync(directory)).toEqual(['secret']);
  });

  it('refuses an empty password and a file that is not a list of users, and changes nothing', async () => {
    writeFileSync(join(directory, 'empty'), '\n');
    await expect(users('add', 's/d', '--password-file', join(directory, 'empty'))).rejects.toMatchObject({
      code: 'PASSWORD_INVALID',
    });
    writeFileSync(join(directory, 'users.yaml'), 'users: { a: b }\n');
    await expect(add('s/d')).rejects.toMatchObject({ code: 'USERS_FILE_INVALID' });
    expect(file()).toBe('users: { a: b }\n');
  });
});
