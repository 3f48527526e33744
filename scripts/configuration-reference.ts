import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { routingFileSchema } from '../src/alerts/policy/schema/routing.ts';
import { usersFileSchema } from '../src/broker/schema.ts';
import { settingsFileSchema } from '../src/config/settings.ts';
import { deviceRowSchema, devicesFileSchema } from '../src/rules/schema/device.ts';
import { groupsFileSchema } from '../src/rules/schema/group.ts';
import { profileFileSchema } from '../src/rules/schema/profile.ts';

type SchemaNode = Readonly<Record<string, unknown>>;

interface File {
  readonly name: string;
  readonly about: string;
  readonly schema: SchemaNode;
}

/** Where the reference is kept. */
export const REFERENCE_PATH = fileURLToPath(new URL('../docs/configuration.md', import.meta.url));

const FILES: readonly File[] = [
  {
    name: 'davylamp.yaml',
    about: 'Listeners, store, limits and times. May be missing: everything has a default.',
    schema: settingsFileSchema,
  },
  {
    name: 'profiles/*.yaml',
    about: 'One device class a file: what it measures, and which values are an alarm.',
    schema: profileFileSchema,
  },
  {
    name: 'devices/*.yaml',
    about: 'One site a file, with its devices. A site may be spread over several files.',
    schema: devicesFileSchema,
  },
  {
    name: 'groups/*.yaml',
    about:
      'What is judged over several devices, as alarms of one site. Groups, gateways and whole sites have the profiles ' +
      '`group`, `gateway` and `site` in alarms and routes.',
    schema: groupsFileSchema,
  },
  {
    name: 'routes.yaml',
    about:
      'Who is told of which alarm. An alarm that no route matches is told to every receiver, and counted as unrouted.',
    schema: routingFileSchema,
  },
  {
    name: 'users.yaml',
    about: 'The MQTT accounts. `davylamp users` writes this file; passwords are kept as hashes only.',
    schema: usersFileSchema,
  },
];

const HEADER = `# Configuration reference

Made from the schemas by \`npx tsx scripts/configuration-reference.ts\`; do not edit.

A configuration is a directory: \`davylamp.yaml\`, \`routes.yaml\` and \`users.yaml\` in it, device classes under \`profiles/\`,
sites under \`devices/\`, groups under \`groups/\`. \`davylamp check --config DIR\` tells everything that is wrong with it, by file, line and path.

- An unknown key is an error, never ignored. So are a duplicate key or id, a limit that cannot trip and one that cannot
  clear.
- Secrets come from the environment, as \`\${NAME}\`, or from a file named by a key that ends in \`File\`. \`\${NAME}\` anywhere
  else is an error.
- A duration is a number and \`ms\`, \`s\`, \`m\`, \`h\` or \`d\`: \`250ms\`, \`30s\`, \`5m\`, \`24h\`, \`400d\`. A size is a number and
  \`B\`, \`KB\`, \`MB\`, \`GB\` or \`TB\`, in powers of 1024.
- \`[]\` in a key stands for each item of a list, \`<name>\` for a name you choose, \`{a,b}\` for one key or the other.
- A key marked **required** must be there, if what holds it is there.
`;

/** The reference as it follows from the schemas. */
export function configurationReference(): string {
  return `${[HEADER, ...FILES.map(section), deviceTable()].join('\n').trimEnd()}\n`;
}

function section({ name, about, schema }: File): string {
  const later = laterKeys(schema);
  const rows = keysOf(schema, '').map(({ path, type, standard, meaning }) =>
    row([code(path), type, standard, meaning]),
  );
  const refused =
    later.length === 0
      ? ''
      : `\nRefused by this version, since what is silently ignored would be a false calm: ${later.map(code).join(', ')}.\n`;
  return `## ${name}\n\n${about}\n\n${tableHead(['Key', 'Type', 'Default', 'Meaning'])}\n${rows.join('\n')}\n${refused}`;
}

function deviceTable(): string {
  const columns = Object.entries(properties(deviceRowSchema)).filter(
    ([key]) => !['limits', 'rates', 'rules', 'allow'].includes(key),
  );
  const rows = columns.flatMap(([key, node]) => {
    if (key === 'location')
      return keysOf(node, '').map((part) => row([code(part.path), part.type, locationMeaning(part)]));
    const type = key === 'tags' ? 'texts separated by `;`' : typeOf(key === 'title' ? { type: 'string' } : node);
    const meaning =
      key === 'title'
        ? 'One text for both languages. Default: the id.'
        : meaningOf(node, isNeeded(deviceRowSchema, key));
    return [row([code(key), type, meaning])];
  });
  return `## devices/*.csv

Devices as a table, one a row, saved as UTF-8; the first line names the columns. Empty cells are left out. Limits of a
single device need YAML.

${tableHead(['Column', 'Type', 'Meaning'])}
${rows.join('\n')}
`;
}

/** Of a location both coordinates are there, or nothing. */
function locationMeaning({ path, meaning }: Key): string {
  if (path === 'datum') return meaning;
  return `${meaning.replace('**Required.** ', '')} Goes with \`${path === 'lon' ? 'lat' : 'lon'}\`.`;
}

interface Key {
  readonly path: string;
  readonly type: string;
  readonly standard: string;
  readonly meaning: string;
}

/** Every key below a schema, in the order it is written there. */
function keysOf(schema: SchemaNode, prefix: string): Key[] {
  const found: Key[] = [];
  for (const { name, node } of siblingsOf(schema)) {
    const path = prefix === '' ? name : `${prefix}.${name}`;
    const needed = isNeeded(schema, name);
    found.push({ path, type: typeOf(node), standard: defaultOf(node), meaning: meaningOf(node, needed) });
    // A title says what its languages are, a rule has a why as its point has, and a route holds routes like itself.
    const isTold = name === 'title' || (name === 'why' && isRule(prefix)) || (name === 'routes' && prefix !== '');
    if (!isTold) found.push(...keysBelow(node, path));
  }
  return found;
}

/** True for what has its place below a point, or in the list of rules. */
function isRule(path: string): boolean {
  return path.startsWith('points.<name>.') || path === 'rules[]';
}

/** The keys of a mapping; mappings of the same shape beside each other are told once, as `{LL,L,H,HH}`. */
function siblingsOf(schema: SchemaNode): { name: string; node: SchemaNode }[] {
  const groups = new Map<string, { names: string[]; node: SchemaNode }>();
  for (const [name, node] of Object.entries(properties(schema))) {
    const key = node['properties'] === undefined ? name : JSON.stringify(node);
    const group = groups.get(key);
    if (group) group.names.push(name);
    else groups.set(key, { names: [name], node });
  }
  return [...groups.values()].map(({ names, node }) => ({
    name: names.length === 1 ? String(names[0]) : `{${names.join(',')}}`,
    node,
  }));
}

function keysBelow(node: SchemaNode, path: string): Key[] {
  if (node['type'] === 'array') return keysBelow(child(node, 'items'), `${path}[]`);
  if (node['patternProperties'] !== undefined) {
    const inner = Object.values(node['patternProperties'] as Record<string, SchemaNode>)[0];
    return inner ? keysBelow(inner, `${path}.<name>`) : [];
  }
  if (node['properties'] !== undefined) return keysOf(node, path);
  const options = (node['anyOf'] as SchemaNode[] | undefined) ?? [];
  return options.flatMap((option) => (option['properties'] === undefined ? [] : keysOf(option, path)));
}

function properties(schema: SchemaNode): Record<string, SchemaNode> {
  return (schema['properties'] as Record<string, SchemaNode> | undefined) ?? {};
}

function child(schema: SchemaNode, key: string): SchemaNode {
  return (schema[key] as SchemaNode | undefined) ?? {};
}

function isNeeded(schema: SchemaNode, key: string): boolean {
  const required = (schema['required'] as string[] | undefined) ?? [];
  return required.includes(key) && child(properties(schema), key)['default'] === undefined;
}

function typeOf(node: SchemaNode): string {
  const options = node['anyOf'] as SchemaNode[] | undefined;
  if (options) return [...new Set(options.map(typeOf))].join(' or ');
  if (node['const'] !== undefined) return code(String(node['const']));
  if (node['type'] === 'array') {
    const items = child(node, 'items');
    const size = node['minItems'] === node['maxItems'] && node['minItems'] !== undefined ? `${node['minItems']} ` : '';
    return `list of ${size}${plural(items)}`;
  }
  if (node['type'] === 'object') return 'mapping';
  if (node['type'] === 'boolean') return '`true` or `false`';
  if (node['type'] !== 'string') return `${String(node['type'])}${bounds(node)}`;
  if (node['faultCode'] === 'DURATION_INVALID') return 'duration';
  if (node['faultCode'] === 'BYTES_INVALID') return 'size';
  return 'text';
}

function plural(items: SchemaNode): string {
  if (items['anyOf'] !== undefined) return typeOf(items);
  return `${typeOf(items)}s`;
}

function bounds(node: SchemaNode): string {
  const { minimum, maximum, exclusiveMinimum } = node as Record<string, number | undefined>;
  if (minimum !== undefined && maximum !== undefined) return `, ${minimum} to ${maximum}`;
  if (exclusiveMinimum !== undefined) return `, above ${exclusiveMinimum}`;
  return minimum === undefined ? '' : `, ${minimum} or more`;
}

function defaultOf(node: SchemaNode): string {
  const standard = node['default'];
  if (standard === undefined || standard === '' || isEmpty(standard)) return '';
  return code(typeof standard === 'string' ? standard : yamlOf(standard));
}

function isEmpty(value: unknown): boolean {
  return typeof value === 'object' && value !== null && Object.keys(value).length === 0;
}

/** A default as one would write it in YAML, on one line. */
function yamlOf(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(yamlOf).join(', ')}]`;
  if (typeof value !== 'object' || value === null) return String(value);
  return `{ ${Object.entries(value)
    .map(([key, inner]) => `${key}: ${yamlOf(inner)}`)
    .join(', ')} }`;
}

function meaningOf(node: SchemaNode, needed: boolean): string {
  const meaning = typeof node['description'] === 'string' ? node['description'] : '';
  return needed ? `**Required.** ${meaning}`.trim() : meaning;
}

function laterKeys(schema: unknown, found = new Set<string>()): string[] {
  if (typeof schema === 'object' && schema !== null) {
    const { later } = schema as { later?: unknown };
    if (Array.isArray(later)) for (const key of later) found.add(String(key));
    for (const inner of Object.values(schema)) laterKeys(inner, found);
  }
  return [...found];
}

function tableHead(cells: readonly string[]): string {
  return `${row(cells)}\n${row(cells.map(() => '---'))}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`.replaceAll(/ +\|/g, ' |');
}

function code(text: string): string {
  return `\`${text}\``;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  mkdirSync(dirname(REFERENCE_PATH), { recursive: true });
  writeFileSync(REFERENCE_PATH, configurationReference());
  process.stdout.write(`wrote ${REFERENCE_PATH}\n`);
}
