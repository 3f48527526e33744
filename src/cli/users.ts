import { randomBytes } from 'node:crypto';
import { type FileHandle, open, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Writable } from 'node:stream';
import { text as readAll } from 'node:stream/consumers';
import { Command, InvalidArgumentError, Option } from 'commander';
import { type Document, isMap, isSeq, parseDocument, type YAMLMap, YAMLSeq } from 'yaml';
import { hashPassword } from '../broker/accounts.ts';
import { isDeviceKey, isFilterWellFormed } from '../broker/topic.ts';
import type { Role } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';

const ROLES: readonly Role[] = ['device', 'gateway', 'reader'];
/** Shorter ones are taken with a warning. */
const PASSWORD_CHARACTERS = 12;
/** A CONNECT holds it beside a client id, a username and a will, in 4,096 bytes. */
const PASSWORD_BYTES = 1024;

interface AddOptions {
  readonly config: string;
  readonly role?: Role;
  readonly publish?: string[];
  readonly subscribe?: string[];
  readonly passwordFile?: string;
  readonly replace?: true;
}

/**
 * `davylamp users add | list | remove`: the accounts of `users.yaml`. Passwords come from a file, standard input or a
 * prompt, never from the command line, and only their hashes are written.
 */
export function usersCommand(): Command {
  const users = new Command('users').description('add, list and remove the accounts of users.yaml');
  users
    .command('add')
    .description('add an account; the password is read from a file, from standard input, or asked for')
    .argument('<username>', 'site/device for a device, any name for a gateway or reader', username)
    .addOption(configOption())
    .addOption(new Option('--role <role>', 'default: device if the username is site/device').choices(ROLES))
    .option('--publish <filter...>', 'topic filters a gateway may publish to', filters)
    .option('--subscribe <filter...>', 'topic filters a gateway or reader may subscribe to', filters)
    .option('--password-file <file>', 'file that holds the password')
    .option('--replace', 'replace the account if there is one')
    .action(add);
  users
    .command('list')
    .description('list accounts and their roles')
    .addOption(configOption())
    .option('--json', 'as JSON')
    .action(list);
  users
    .command('remove')
    .description('remove an account')
    .argument('<username>')
    .addOption(configOption())
    .action(remove);
  return users;
}

async function add(name: string, options: AddOptions): Promise<void> {
  const role = options.role ?? (isDeviceKey(name) ? 'device' : undefined);
  const { publish = [], subscribe = [] } = options;
  if (role === undefined) {
    throw new AppError('USER_ROLE_MISSING', `${name} is not of the form site/device: say --role gateway or reader`);
  }
  checkRole(name, role, publish.length, subscribe.length);
  const file = await readUsers(options.config);
  const index = file.entries.findIndex((entry) => entry.get('username') === name);
  if (index !== -1 && !options.replace) {
    throw new AppError('USERNAME_TAKEN', `there is an account ${name} already; --replace replaces it`);
  }
  const password = await readPassword(name, options.passwordFile);
  const entry = file.document.createNode(
    {
      username: name,
      role,
      hash: await hashPassword(password),
      ...(publish.length > 0 ? { publish } : {}),
      ...(subscribe.length > 0 ? { subscribe } : {}),
    },
    { flow: true },
  );
  if (index === -1) file.list.add(entry);
  else file.list.items[index] = entry;
  await writeUsers(options.config, file.document);
  process.stdout.write(`${index === -1 ? 'added' : 'replaced'} ${role} ${name}\n`);
}

function checkRole(name: string, role: Role, publish: number, subscribe: number): void {
  if (isDeviceKey(name) !== (role === 'device')) {
    const rule = role === 'device' ? 'a device is named site/device, as in its topics' : 'names with / are for devices';
    throw new AppError('USERNAME_INVALID', `${name} cannot be a ${role}: ${rule}`);
  }
  if (role === 'device' && publish + subscribe > 0) {
    throw new AppError('USER_FILTERS_INVALID', 'the topics of a device follow from its name; leave the filters out');
  }
  if (role === 'gateway' && publish === 0) {
    throw new AppError('USER_FILTERS_INVALID', 'a gateway needs --publish FILTER, what it may publish to');
  }
  if (role === 'reader' && (publish > 0 || subscribe === 0)) {
    throw new AppError('USER_FILTERS_INVALID', 'a reader needs --subscribe FILTER and has no --publish');
  }
}

async function list(options: { readonly config: string; readonly json?: true }): Promise<void> {
  const { entries } = await readUsers(options.config);
  const accounts = entries.map((entry) => {
    const { username, role, publish = [], subscribe = [] } = entry.toJSON() as Record<string, unknown>;
    return { username, role, publish, subscribe };
  });
  if (options.json) {
    process.stdout.write(`${JSON.stringify({ items: accounts })}\n`);
    return;
  }
  for (const { username, role, publish, subscribe } of accounts) {
    const topics = Object.entries({ publish, subscribe })
      .filter(([, filters]) => Array.isArray(filters) && filters.length > 0)
      .map(([verb, filters]) => `  ${verb} ${(filters as string[]).join(' ')}`);
    process.stdout.write(`${String(role).padEnd(8)} ${String(username)}${topics.join('')}\n`);
  }
}

async function remove(name: string, options: { readonly config: string }): Promise<void> {
  const file = await readUsers(options.config);
  const index = file.entries.findIndex((entry) => entry.get('username') === name);
  if (index === -1) throw new AppError('USER_UNKNOWN', `there is no account ${name} in ${usersPath(options.config)}`);
  file.list.items.splice(index, 1);
  await writeUsers(options.config, file.document);
  process.stdout.write(`removed ${name}\n`);
}

interface UsersFile {
  readonly document: Document;
  readonly list: YAMLSeq;
  readonly entries: readonly YAMLMap[];
}

/** Reads `users.yaml` as a document, so that what people wrote beside the accounts stays. */
async function readUsers(directory: string): Promise<UsersFile> {
  const path = usersPath(directory);
  const document: Document = parseDocument(await readIfThere(path));
  const broken = new AppError('USERS_FILE_INVALID', `${path} is not "users:" with a list of accounts; mend it first`);
  if (document.errors.length > 0) throw broken;
  if (document.contents === null) document.contents = document.createNode({ users: new YAMLSeq() });
  if (!isMap(document.contents)) throw broken;
  if (!document.get('users')) document.set('users', new YAMLSeq());
  const list = document.get('users');
  if (!isSeq(list)) throw broken;
  // `users: []` would put the accounts on one line for ever.
  if (list.items.length === 0) list.flow = false;
  const entries = list.items.filter((item) => isMap(item));
  if (entries.length !== list.items.length) throw broken;
  return { document, list, entries };
}

async function readIfThere(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw new AppError('USERS_FILE_UNREADABLE', `cannot read ${path}`, { cause });
  }
}

/** Old file or new file, never half of one: written beside it, synced, renamed, and the directory synced. */
async function writeUsers(directory: string, document: Document): Promise<void> {
  const path = usersPath(directory);
  const temporary = `${path}.${randomBytes(6).toString('hex')}.tmp`;
  try {
    await withFile(await open(temporary, 'wx', 0o600), async (file) => {
      await file.writeFile(document.toString({ lineWidth: 0 }));
      await file.sync();
    });
    await rename(temporary, path);
    await withFile(await open(directory, 'r'), (file) => file.sync());
  } catch (cause) {
    await unlink(temporary).catch(() => {});
    throw new AppError('USERS_FILE_UNWRITABLE', `cannot write ${path}`, { cause });
  }
}

async function withFile(file: FileHandle, work: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    await work(file);
  } finally {
    await file.close();
  }
}

async function readPassword(name: string, file: string | undefined): Promise<string> {
  const password = await passwordFrom(name, file);
  if (password === '' || Buffer.byteLength(password) > PASSWORD_BYTES) {
    throw new AppError('PASSWORD_INVALID', `a password has 1 to ${PASSWORD_BYTES} bytes`);
  }
  if (password.length < PASSWORD_CHARACTERS) {
    process.stderr.write(`warning: a password shorter than ${PASSWORD_CHARACTERS} characters can be guessed\n`);
  }
  return password;
}

async function passwordFrom(name: string, file: string | undefined): Promise<string> {
  if (file !== undefined) {
    try {
      return firstLine(await readFile(file, 'utf8'));
    } catch (cause) {
      throw new AppError('PASSWORD_FILE_UNREADABLE', `cannot read ${file}`, { cause });
    }
  }
  if (!process.stdin.isTTY) return firstLine(await readAll(process.stdin));
  const password = await ask(`password for ${name}: `);
  if (password !== (await ask('once more: '))) throw new AppError('PASSWORD_INVALID', 'the two passwords differ');
  return password;
}

/** Reads a line from the terminal without showing it. */
function ask(question: string): Promise<string> {
  process.stderr.write(question);
  const unseen = new Writable({ write: (_chunk, _encoding, done) => done() });
  const terminal = createInterface({ input: process.stdin, output: unseen, terminal: true });
  return new Promise((resolve, reject) => {
    terminal.once('close', () => reject(new AppError('PASSWORD_INVALID', 'no password was given')));
    terminal.question('', (answer) => {
      resolve(answer);
      terminal.close();
      process.stderr.write('\n');
    });
  });
}

function firstLine(text: string): string {
  return text.split(/\r?\n/, 1)[0] ?? '';
}

function configOption(): Option {
  return new Option('--config <dir>', 'configuration directory').default('config');
}

function usersPath(directory: string): string {
  return join(directory, 'users.yaml');
}

/** Anonymous clients are named `anonymous:<clientId>`, so a colon is not for usernames. */
const USERNAME = /^[A-Za-z0-9][A-Za-z0-9._@-]{0,63}$/;

function username(text: string): string {
  if (!USERNAME.test(text) && !isDeviceKey(text)) {
    throw new InvalidArgumentError('a username is site/device, or a name of letters, digits and . _ @ -');
  }
  return text;
}

function filters(text: string, before: string[] = []): string[] {
  if (!isFilterWellFormed(text) || text.startsWith('$')) {
    throw new InvalidArgumentError(`"${text}" is not a topic filter, as v1/site-a/+/telemetry or v1/site-a/#.`);
  }
  return [...before, text];
}
