import { readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));

interface Import {
  /** A path below the root, or the name of a package or of a part of Node. */
  readonly target: string;
  readonly typeOnly: boolean;
}

interface Source {
  readonly path: string;
  readonly tree: ts.SourceFile;
  readonly imports: readonly Import[];
}

/** What one part of the program may import. Files in several parts follow the first. */
interface Part {
  readonly name: string;
  readonly files: RegExp;
  /** Its own files need no mention. */
  readonly imports: RegExp;
  /** Further targets of which only types may be used: ports that app.ts hands over. */
  readonly types?: RegExp;
}

const MODEL = 'src/model/';
const RUNTIME = 'src/runtime/';

/** Who may import whom. Nothing on the right of design and CONTRIBUTING calls back to the left. */
const PARTS: readonly Part[] = [
  {
    name: 'schema files',
    files: /^src\/(?:[a-z]+\/)+schema(?:\/[a-z-]+)?\.ts$/,
    imports: allow(MODEL, '@sinclair/typebox$', 'src/(alerts/policy|rules)/schema/'),
  },
  { name: 'model', files: /^src\/model\//, imports: allow(MODEL) },
  { name: 'runtime', files: /^src\/runtime\//, imports: allow(RUNTIME, MODEL, 'node:', 'lmdb$', 'pino(-pretty)?$') },
  { name: 'rules', files: /^src\/rules\//, imports: allow('src/rules/', MODEL, '@marcbachmann/cel-js$') },
  {
    name: 'alarm machine',
    files: /^src\/alerts\/(?:case|drill|machine(?:\/[a-z-]+)?|message(?:\/[a-z-]+)?)\.ts$/,
    imports: allow('src/alerts/(machine|message)/', MODEL),
  },
  { name: 'alert policy', files: /^src\/alerts\/policy\//, imports: allow('src/alerts/policy/', MODEL) },
  {
    name: 'alarm register',
    files:
      /^src\/alerts\/(?:alarm-commands|alarm-log|bypass-notice|bypasses|bypassing|case-book|chain|condition-alarm|earlier-version|follow-ups|ledger|log-check|notice|page|register|suppressing)\.ts$/,
    imports: allow(
      'src/alerts/[a-z-]+\\.ts$',
      'src/alerts/machine/',
      'src/alerts/policy/',
      // What is due at which engine time.
      'src/rules/deadlines\\.ts$',
      MODEL,
      RUNTIME,
      // The hashes of the event log.
      'node:crypto$',
    ),
  },
  {
    name: 'distribution',
    files:
      /^src\/alerts\/(?:audience|digest|distribution|flood-notice|held-events|inhibited-alarms|receiver-status)\.ts$/,
    imports: allow(
      'src/alerts/(audience|digest|flood-notice|held-events|inhibited-alarms)\\.ts$',
      'src/alerts/(policy/|delivery/(cloud-event|outbox)\\.ts$)',
      MODEL,
      RUNTIME,
    ),
    types: allow('src/alerts/(alarm-log|ledger)\\.ts$'),
  },
  {
    name: 'message templates',
    files: /^src\/alerts\/(?:template|templates\/[a-z-]+)\.ts$/,
    imports: allow('src/alerts/(template\\.ts$|templates/)', MODEL, 'liquidjs$'),
  },
  {
    name: 'delivery',
    files: /^src\/alerts\/delivery\//,
    imports: allow(
      'src/alerts/(delivery|policy|templates)/',
      // Bodies that an earlier version left in the outbox.
      'src/alerts/earlier-version\\.ts$',
      MODEL,
      RUNTIME,
      'standardwebhooks$',
      'node:',
    ),
  },
  {
    name: 'alarm statistics',
    files: /^src\/alerts\/statistics\//,
    imports: allow('src/alerts/statistics/', 'src/alerts/machine/step\\.ts$', MODEL),
  },
  {
    name: 'daily report',
    files: /^src\/report\//,
    imports: allow(
      'src/report/',
      'src/alerts/statistics/load\\.ts$',
      // Slopes are those that the rules see.
      'src/rules/(window|statistics/regression)\\.ts$',
      MODEL,
    ),
    types: allow(
      RUNTIME,
      'src/alerts/(notice|policy/nuisance-book|statistics/(answers|figures|targets))\\.ts$',
      'src/rules/device-snapshot\\.ts$',
      'src/(schedule|statistics|store/port)\\.ts$',
    ),
  },
  {
    name: 'schedules and what runs by them',
    files: /^src\/(?:drills|exercise-reading|maintenance|schedule|statistics)\.ts$/,
    imports: allow(
      'src/alerts/(drill\\.ts$|statistics/)',
      'src/ingest/wire\\.ts$',
      MODEL,
      RUNTIME,
      'mqtt$',
      'node-cron$',
    ),
    types: allow('src/alerts/(alarm-log|ledger|notice|policy/governor)\\.ts$', 'src/schedule\\.ts$'),
  },
  {
    name: 'broker',
    files: /^src\/broker\//,
    imports: allow('src/broker/', MODEL, RUNTIME, 'aedes$', 'aedes-persistence/', 'mqtt-packet$', 'node:'),
  },
  {
    name: 'ingest',
    files: /^src\/ingest\//,
    imports: allow('src/ingest/', MODEL, RUNTIME, 'ajv$', 'node:(zlib|buffer)$'),
  },
  {
    name: 'store',
    files: /^src\/store\//,
    imports: allow('src/store/', MODEL, RUNTIME, '@duckdb/node-api$', 'influx$', 'node-cron$', 'node:'),
  },
  {
    name: 'api',
    files: /^src\/api\//,
    imports: allow(
      'src/api/',
      MODEL,
      '@sinclair/typebox$',
      '@fastify/',
      'fastify$',
      'ajv$',
      'prom-client$',
      'node:(buffer|crypto|http|net)$',
      // Words of the ports, which the schemas of the routes list.
      'src/store/port\\.ts$',
      'src/alerts/delivery/notification\\.ts$',
      'src/explain/explanation\\.ts$',
      'src/alerts/(drill|statistics/(figures|load))\\.ts$',
    ),
    types: allow(
      RUNTIME,
      'src/alerts/(alarm-commands|alarm-log|bypasses|case-book|ledger|receiver-status|policy/governor)\\.ts$',
      'src/alerts/delivery/(missed|outbox)\\.ts$',
      'src/explain/',
      'src/ingest/dead-letter\\.ts$',
      'src/report/',
      'src/(drills|statistics)\\.ts$',
    ),
  },
  {
    name: 'config',
    files: /^src\/config\//,
    imports: allow(
      'src/config/',
      MODEL,
      'src/.*/schema(/[a-z-]+)?\\.ts$',
      // Expressions are checked by the compiler that runs them.
      'src/rules/(compiled|expression|expression-rule)\\.ts$',
      // Templates are tried by what renders them.
      'src/alerts/templates/faults\\.ts$',
      // Routes and suppressions are checked by the policy that follows them.
      'src/alerts/policy/(calendar|governor|route)\\.ts$',
      '@sinclair/typebox$',
      'ajv$',
      'yaml$',
      'node-cron$',
      'node:',
    ),
  },
  {
    name: 'replay',
    files: /^src\/replay\//,
    imports: allow('src/replay/', MODEL, 'src/alerts/(condition-alarm|machine(/step)?)\\.ts$'),
  },
  {
    name: 'backtest',
    files: /^src\/backtest\//,
    imports: allow(
      'src/(backtest|replay)/',
      MODEL,
      RUNTIME,
      // What a backtest and an engine that runs count in the same way.
      'src/(alerts/statistics/(load|targets)|report/(page|wording))\\.ts$',
      'src/rules/engine\\.ts$',
      'src/store/(duckdb-scan|influx|scan|table-file)\\.ts$',
      // What --set changes is checked as a configuration file is.
      'src/config/(fault|limits)\\.ts$',
      'node:path$',
    ),
    types: allow('src/alerts/machine/step\\.ts$'),
  },
  {
    name: 'rule tests',
    files: /^src\/trial\//,
    imports: allow(
      'src/(replay|trial)/',
      MODEL,
      'src/rules/',
      'src/alerts/(machine(/step)?|policy/route)\\.ts$',
      'src/config/(devices|fault|shape|yaml)\\.ts$',
      'src/ingest/validate\\.ts$',
      'node:(fs|path)$',
    ),
  },
  {
    name: 'explanations',
    files: /^src\/explain\//,
    imports: allow('src/explain/', MODEL, RUNTIME, 'src/rules/', 'src/store/scan\\.ts$'),
    types: allow('src/alerts/(alarm-log|delivery/notification)\\.ts$'),
  },
  { name: 'metrics', files: /^src\/metrics\.ts$/, imports: allow('prom-client$') },
  {
    name: 'core, judging and recovery',
    files: /^src\/(?:core|judging|recovery|reload)\.ts$/,
    imports: allow(
      'src/(judging|recovery)\\.ts$',
      MODEL,
      RUNTIME,
      'src/ingest/',
      'src/rules/',
      'src/alerts/(alarm-log|condition-alarm|follow-ups|ledger|machine/step|notice|register)\\.ts$',
      'src/store/(port|source|writer)\\.ts$',
      'node:path$',
    ),
    types: allow('src/metrics\\.ts$'),
  },
  {
    name: 'app and its figures',
    files: /^src\/(?:app|figures|operation|operators|proof|statistics-figures|storage)\.ts$/,
    imports: allow('src/(?!cli/|config/|main\\.ts|app\\.ts)', 'node:(fs|path)$'),
  },
  {
    name: 'commands',
    files: /^src\/cli\//,
    imports: allow(
      'src/(backtest|cli|model|config|report|runtime|trial)/',
      'src/app\\.ts$',
      // The event log is verified by what chains it.
      'src/alerts/(chain|log-check)\\.ts$',
      // A preview is made by what sends.
      'src/alerts/(condition-alarm|delivery/preview|templates/sample)\\.ts$',
      'src/broker/(accounts|topic)\\.ts$',
      'devices/simulator/',
      'commander$',
      'standardwebhooks$',
      'yaml$',
      'node:',
    ),
  },
  {
    name: 'main',
    files: /^(?:src\/)?main\.ts$/,
    imports: allow('src/(cli|model)/', 'src/runtime/(database|version)\\.ts$', 'src/main\\.ts$', 'commander$'),
  },
  {
    name: 'simulator',
    files: /^devices\/simulator\//,
    imports: allow(
      'devices/simulator/',
      MODEL,
      'src/ingest/wire\\.ts$',
      '@sinclair/typebox$',
      'ajv$',
      'mqtt$',
      'yaml$',
      'node:',
    ),
  },
];

/** Decides by its arguments alone: the same input gives the same alarms, live, after a crash and in a test. */
const PURE =
  /^src\/(?:model|rules|alerts\/(?:policy|statistics)|alerts\/(?:case|drill|machine|message)(?:\/[a-z-]+)?\.ts)/;

/** What reaches outside, or answers differently the next time. */
const IMPURE = new Set([
  'Date',
  'fetch',
  'performance',
  'process',
  'queueMicrotask',
  'setImmediate',
  'setInterval',
  'setTimeout',
]);

/** Why a file may be longer than {@link LONGEST}. */
const LONG_FILES: Readonly<Record<string, string>> = {};
const LONGEST = 300;

/** Where the process itself may be touched, and why. Everything else is handed what it needs. */
const PROCESS_FILES: Readonly<Record<string, string>> = {
  'src/main.ts': 'argv, signals, streams and the exit code',
  'src/cli/users.ts': 'asks for a password: the terminal itself is needed',
  'src/runtime/fault-point.ts': 'ends the process on purpose',
  'src/runtime/directory-lock.ts': 'a lock names the process that holds it',
  'src/broker/connection.ts': 'process.nextTick',
  'devices/simulator/fleet.ts': 'the process id makes client ids of a gateway unique',
};

const sources = [...sourceFiles('src'), ...sourceFiles('devices')].map(readSource);

describe('architecture', () => {
  test('every file belongs to a part', () => {
    expect(sources.map(({ path }) => path).filter((path) => partOf(path) === undefined)).toEqual([]);
  });

  test.each(PARTS.map((part) => [part.name, part] as const))('%s imports only what it may', (_, part) => {
    const forbidden = sources
      .filter(({ path }) => partOf(path) === part)
      .flatMap(({ path, imports }) =>
        imports.filter((one) => !mayImport(part, one)).map(({ target }) => `${path} imports ${target}`),
      );
    expect(forbidden).toEqual([]);
  });

  test('nothing imports in a circle, types included', () => {
    expect(circles()).toEqual([]);
  });

  test('rules, alarm machine and policy know no clock, no chance and nothing outside', () => {
    const found = sources
      .filter(({ path }) => PURE.test(path))
      .flatMap(({ path, tree, imports }) => [
        ...imports.filter(({ target }) => target.startsWith('node:')).map(({ target }) => `${path}: ${target}`),
        ...namesUsed(tree, (name, owner) =>
          owner === '' ? IMPURE.has(name) : `${owner}.${name}` === 'Math.random',
        ).map((name) => `${path}: ${name}`),
      ]);
    expect(found).toEqual([]);
  });

  test('the process is touched only where it must be', () => {
    const touching = sources
      .filter(({ tree }) => namesUsed(tree, (name, owner) => owner === '' && name === 'process').length > 0)
      .map(({ path }) => path);
    expect(touching.sort()).toEqual(Object.keys(PROCESS_FILES).sort());
  });

  test(`a file longer than ${LONGEST} lines has a reason`, () => {
    const long = sources.filter(({ tree }) => tree.getLineStarts().length - 1 > LONGEST).map(({ path }) => path);
    expect(long.sort()).toEqual(Object.keys(LONG_FILES).sort());
  });
});

function allow(...targets: readonly string[]): RegExp {
  return new RegExp(`^(?:${targets.join('|')})`);
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })
    .map((name) => posix.join(folder, name.replaceAll('\\', '/')))
    .filter((path) => path.endsWith('.ts') && !path.endsWith('.d.ts'))
    .sort();
}

function readSource(path: string): Source {
  const tree = ts.createSourceFile(path, readFileSync(join(ROOT, path), 'utf8'), ts.ScriptTarget.ES2023, true);
  return { path, tree, imports: importsOf(path, tree) };
}

function importsOf(path: string, tree: ts.SourceFile): Import[] {
  const found: Import[] = [];
  const add = (name: string, typeOnly: boolean) => {
    found.push({ target: name.startsWith('.') ? posix.join(posix.dirname(path), name) : name, typeOnly });
  };
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node) && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, isTypeOnly(node.importClause));
    } else if (ts.isExportDeclaration(node) && node.moduleSpecifier && ts.isStringLiteral(node.moduleSpecifier)) {
      add(node.moduleSpecifier.text, node.isTypeOnly);
    } else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) {
      const { literal } = node.argument;
      if (ts.isStringLiteral(literal)) add(literal.text, true);
    } else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword) {
      const [name] = node.arguments;
      if (name && ts.isStringLiteral(name)) add(name.text, false);
    }
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

function isTypeOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false;
  if (clause.phaseModifier === ts.SyntaxKind.TypeKeyword) return true;
  const bindings = clause.namedBindings;
  if (clause.name || !bindings || !ts.isNamedImports(bindings)) return false;
  return bindings.elements.length > 0 && bindings.elements.every((element) => element.isTypeOnly);
}

function partOf(path: string): Part | undefined {
  return PARTS.find(({ files }) => files.test(path));
}

function mayImport(part: Part, { target, typeOnly }: Import): boolean {
  return part.imports.test(target) || (typeOnly && part.types?.test(target) === true);
}

/** Names a file uses; `owner` is what stands before the dot, or empty. Types and declared names do not count. */
function namesUsed(tree: ts.SourceFile, wanted: (name: string, owner: string) => boolean): string[] {
  const found = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (ts.isTypeNode(node)) return;
    if (isDateOfArguments(node)) {
      node.arguments?.forEach(visit);
      return;
    }
    if (ts.isPropertyAccessExpression(node)) {
      const owner = ts.isIdentifier(node.expression) ? node.expression.text : '?';
      if (wanted(node.name.text, owner)) found.add(`${owner}.${node.name.text}`);
      visit(node.expression);
      return;
    }
    if (ts.isIdentifier(node) && !isName(node) && wanted(node.text, '')) found.add(node.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return [...found];
}

/** `new Date(at)` writes a time that was given; `new Date()` asks the clock. */
function isDateOfArguments(node: ts.Node): node is ts.NewExpression {
  return (
    ts.isNewExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === 'Date' &&
    (node.arguments?.length ?? 0) > 0
  );
}

/** True where an identifier only names a member, a parameter or an import, as `process` in `{ process: 1 }`. */
function isName(node: ts.Identifier): boolean {
  const { parent } = node;
  return (
    (ts.isPropertyAssignment(parent) && parent.name === node) ||
    (ts.isMethodDeclaration(parent) && parent.name === node) ||
    (ts.isPropertySignature(parent) && parent.name === node) ||
    (ts.isImportSpecifier(parent) && parent.propertyName === node)
  );
}

/** Circles of imports between our own files, as the path that closes each. */
function circles(): string[] {
  const graph = new Map(sources.map(({ path, imports }) => [path, imports.map(({ target }) => target)]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, trail: readonly string[]): void => {
    const at = trail.indexOf(path);
    if (at !== -1) {
      found.push([...trail.slice(at), path].join(' > '));
      return;
    }
    if (done.has(path)) return;
    for (const target of graph.get(path) ?? []) if (graph.has(target)) visit(target, [...trail, path]);
    done.add(path);
  };
  for (const { path } of sources) visit(path, []);
  return found;
}
