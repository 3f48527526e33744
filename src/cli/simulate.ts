import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import type { Counters, PlayEvents, PlayOptions } from '../../devices/simulator/player.ts';
import type { Scenario } from '../../devices/simulator/story.ts';
import { parseDuration } from '../model/duration.ts';
import { AppError } from '../model/error.ts';

/** Options of `davylamp simulate`, as commander reads them. */
export interface SimulateOptions {
  readonly scenario: string;
  readonly list?: boolean;
  readonly broker: string;
  readonly username?: string;
  readonly password?: string;
  readonly passwordFile?: string;
  readonly ca?: string;
  readonly devices?: string;
  readonly site?: string;
  readonly prefix?: string;
  readonly connections?: string;
  readonly interval?: string;
  readonly speed: string;
  readonly seed: string;
  readonly duration?: string;
  readonly inFlight: string;
  readonly backlog: string;
  readonly ledger?: string;
  readonly json?: boolean;
}

export interface SimulateIo {
  out(line: string): void;
  err(line: string): void;
  readonly signal: AbortSignal;
  readonly isTTY: boolean;
}

/** Gives `command` the options of `simulate`, with their defaults. */
export function addSimulateOptions(command: Command): Command {
  return command
    .description('Play simulated devices and incident scenarios against any MQTT broker')
    .option('--scenario <name|file>', 'what happens: a shipped scenario or a YAML file', 'demo')
    .option('--list', 'list the shipped scenarios and exit')
    .option('--broker <url>', 'mqtt://host:port or mqtts://host:port', 'mqtt://127.0.0.1:1883')
    .option(
      '--username <name>',
      'MQTT user; {site} and {device} are filled in (default with a password: {site}/{device})',
    )
    .option('--password <text>', 'MQTT password (visible to other users of this machine: prefer --password-file)')
    .option('--password-file <file>', 'file whose first line is the MQTT password')
    .option('--ca <file>', 'PEM file of the authority that signed the certificate of the broker')
    .option('--devices <n>', 'devices in all, in the proportions of the scenario')
    .option('--site <id>', 'one site for all devices')
    .option('--prefix <text>', 'one name prefix for all devices, as cab- for cab-001, cab-002')
    .option('--connections <n>', 'gateway style: this many connections shared by all devices')
    .option('--interval <duration>', 'time between two messages of a device, as 1s or 250ms (default: by scenario)')
    .option('--speed <factor>', 'run the story faster; timestamps stay real time', '1')
    .option('--seed <n>', 'seed of all randomness: the same seed sends the same values', '1')
    .option('--duration <duration>', 'stop after this time (default: at the end of the story)')
    .option('--in-flight <n>', 'unacknowledged messages a connection may have', '64')
    .option('--backlog <n>', 'readings a device keeps while it cannot send', '1000')
    .option('--ledger <file>', 'record what was sent (S) and acknowledged (A), as JSON lines')
    .option('--json', 'progress as JSON lines');
}

/** Plays a scenario. Exit code: 0 all acknowledged, 1 something was not, 2 wrong usage. */
export async function simulate(options: SimulateOptions, io: SimulateIo): Promise<number> {
  // Only now: the engine starts with the same program and has no use for them.
  const { createPlayer } = await import('../../devices/simulator/player.ts');
  const { loadScenario, shippedScenarios } = await import('../../devices/simulator/scenario.ts');
  let play: PlayOptions;
  try {
    if (options.list) return listScenarios(shippedScenarios().map(loadScenario), options.json ?? false, io);
    play = playOptions(loadScenario(options.scenario), options);
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    io.err(error.message);
    return 2;
  }
  const voice = options.json ? jsonVoice(io) : textVoice(io);
  let timer: NodeJS.Timeout | undefined;
  try {
    const player = createPlayer(play, voice);
    timer = setInterval(() => voice.progress(player.counters()), io.isTTY || options.json ? 1000 : 5000);
    const { counters, complete } = await player.run(io.signal);
    voice.end(counters, complete);
    return complete ? 0 : 1;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    io.err(error.message);
    return 1;
  } finally {
    clearInterval(timer);
  }
}

function listScenarios(scenarios: readonly Scenario[], json: boolean, io: SimulateIo): number {
  const width = Math.max(...scenarios.map((scenario) => scenario.name.length));
  for (const { name, title, description, groups } of scenarios) {
    const devices = groups.reduce((sum, group) => sum + group.count, 0);
    if (json) io.out(JSON.stringify({ name, title, description, devices }));
    else io.out(`${name.padEnd(width)}  ${title.en} / ${title.zh} (${devices} devices)`);
  }
  return 0;
}

/** @throws AppError with a message for the user, naming the option */
function playOptions(scenario: Scenario, options: SimulateOptions): PlayOptions {
  const password = passwordOf(options);
  const connections = options.connections === undefined ? null : count('--connections', options.connections);
  const username = options.username ?? (password !== null && connections === null ? '{site}/{device}' : null);
  if (password !== null && username === null) throw usage('--connections with a password needs --username');
  return {
    scenario,
    broker: brokerUrl(options.broker),
    username,
    password,
    ca: options.ca === undefined ? null : fileText('--ca', options.ca),
    devices: options.devices === undefined ? null : count('--devices', options.devices),
    site: topicPart('--site', options.site),
    prefix: topicPart('--prefix', options.prefix),
    connections,
    intervalMs: options.interval === undefined ? scenario.intervalMs : duration('--interval', options.interval),
    speed: positive('--speed', options.speed),
    seed: seedOf(options.seed),
    durationMs: options.duration === undefined ? null : duration('--duration', options.duration),
    window: count('--in-flight', options.inFlight, 65_535),
    backlog: count('--backlog', options.backlog),
    ledger: options.ledger ?? null,
  };
}

function usage(message: string): AppError {
  return new AppError('USAGE', message);
}

function brokerUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (!url || !['mqtt:', 'mqtts:'].includes(url.protocol) || url.hostname === '') {
    throw usage(`--broker: "${text}" is not mqtt://host:port or mqtts://host:port`);
  }
  // MQTT.js would take a user from the URL behind the back of --username.
  if (url.username || url.password) throw usage('--broker: give the user with --username and --password-file');
  return text;
}

function passwordOf(options: SimulateOptions): string | null {
  if (options.passwordFile === undefined) return options.password ?? null;
  if (options.password !== undefined) throw usage('--password and --password-file exclude each other');
  return fileText('--password-file', options.passwordFile).split(/\r?\n/, 1)[0] ?? '';
}

function fileText(option: string, file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    throw new AppError('USAGE', `${option}: cannot read ${file}`, { cause });
  }
}

function count(option: string, text: string, most = Number.MAX_SAFE_INTEGER): number {
  const value = Number(text);
  if (!/^[0-9]+$/.test(text) || value < 1 || value > most) {
    throw usage(
      `${option}: "${text}" is not a whole number from 1${most < Number.MAX_SAFE_INTEGER ? ` to ${most}` : ''}`,
    );
  }
  return value;
}

function seedOf(text: string): number {
  if (!/^[0-9]{1,15}$/.test(text)) throw usage(`--seed: "${text}" is not a whole number`);
  return Number(text);
}

function positive(option: string, text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isFinite(value) || value <= 0) {
    throw usage(`${option}: "${text}" is not a number above 0`);
  }
  return value;
}

function duration(option: string, text: string): number {
  let ms: number;
  try {
    ms = parseDuration(text);
  } catch (cause) {
    throw new AppError('USAGE', `${option}: ${cause instanceof Error ? cause.message : String(cause)}`, { cause });
  }
  if (ms < 1) throw usage(`${option}: ${text} is too short`);
  return ms;
}

function topicPart(option: string, text: string | undefined): string | null {
  if (text === undefined) return null;
  // Five places stay free for the number behind a prefix.
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]{0,57}$/.test(text)) throw usage(`${option}: "${text}" cannot be part of a topic`);
  return text;
}

/** How a run speaks: to a person or to a program. */
interface Voice extends PlayEvents {
  progress(counters: Counters): void;
  end(counters: Counters, complete: boolean): void;
}

function jsonVoice(io: SimulateIo): Voice {
  const line = (type: string, rest: object): void => io.out(JSON.stringify({ type, at: Date.now(), ...rest }));
  return {
    note: (note, storyMs) => line('note', { note, storyMs }),
    trouble: (reason) => line('trouble', { reason }),
    progress: (counters) => line('progress', counters),
    end: (counters, complete) => line('end', { complete, ...counters }),
  };
}

function textVoice(io: SimulateIo): Voice {
  let overwrite = false;
  let story = '';
  const lasting = (say: () => void): void => {
    overwrite = false;
    say();
  };
  return {
    note(note, storyMs) {
      story = note;
      lasting(() => io.out(`${clockText(storyMs)}  ${note}`));
    },
    trouble: (reason) => lasting(() => io.err(`not connected: ${reason}; trying again`)),
    progress(counters) {
      const text = `${clockText(counters.storyMs)}  ${statusText(counters)}${io.isTTY && story ? `  | ${story}` : ''}`;
      // On a terminal the line replaces the one above: up, clear, print.
      io.out(io.isTTY && overwrite ? `\u001b[1A\u001b[2K${text}` : text);
      overwrite = true;
    },
    end: (counters, complete) => lasting(() => io.out(`${complete ? 'done' : 'incomplete'}: ${trafficText(counters)}`)),
  };
}

function statusText(counters: Counters): string {
  return `connected ${counters.connected}/${counters.connections}, ${trafficText(counters)}`;
}

function trafficText({ sent, acked, inFlight, waiting, dropped, failed, skipped, refused }: Counters): string {
  const rare = Object.entries({ waiting, dropped, failed, skipped, 'never connected': refused })
    .filter(([, value]) => value > 0)
    .map(([name, value]) => `, ${name} ${value}`);
  return `sent ${sent}, acked ${acked}, in flight ${inFlight}${rare.join('')}`;
}

function clockText(storyMs: number): string {
  const seconds = Math.floor(storyMs / 1000);
  const two = (value: number): string => String(value).padStart(2, '0');
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}
