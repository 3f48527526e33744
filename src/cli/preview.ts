import { afterChange } from '../alerts/condition-alarm.ts';
import { type Preview, previewOf } from '../alerts/delivery/preview.ts';
import { SAMPLE_KINDS, type SampleKind, sampleAlarm, sampleEvent } from '../alerts/templates/sample.ts';
import { loadConfiguration } from '../config/load.ts';
import type { Alarm } from '../model/alarm.ts';
import type { Configuration } from '../model/configuration.ts';
import type { Device, Point } from '../model/device.ts';
import type { Limit } from '../model/limit.ts';
import { type Tier, tierRank } from '../model/tier.ts';
import { systemClock } from '../runtime/clock.ts';
import { faultLines } from './check.ts';

export interface PreviewOptions {
  /** Configuration directory. */
  readonly config: string;
  readonly receiver: string;
  /** Kind of event; `raised` without it. */
  readonly event?: string | undefined;
  readonly lang?: string | undefined;
  readonly json?: boolean | undefined;
}

/** What a command needs of the process. */
export interface PreviewOutput {
  out(line: string): void;
  err(line: string): void;
  readonly env: Readonly<Record<string, string | undefined>>;
}

const EXIT_USAGE = 2;

/**
 * `davylamp preview`: prints the request that a receiver would get for a sample alarm of a device of the configuration.
 * Nothing is sent; what is secret is masked.
 *
 * @returns the exit code: 0; 1 = the configuration cannot be used, or a template failed; 2 = used wrongly
 */
export function preview(options: PreviewOptions, io: PreviewOutput): number {
  const wrong = misuse(options);
  if (wrong !== null) {
    io.err(wrong);
    return EXIT_USAGE;
  }
  const at = systemClock.now();
  const loaded = loadConfiguration(options.config, io.env, { now: at, secrets: 'optional' });
  if (!('configuration' in loaded)) {
    for (const line of faultLines(loaded.findings)) io.err(line);
    return 1;
  }
  const { configuration } = loaded;
  const receiver = configuration.routing.receivers.find(({ id }) => id === options.receiver);
  if (!receiver) {
    const known = configuration.routing.receivers.map(({ id }) => id).join(', ') || 'none';
    io.err(`no receiver ${options.receiver}; known: ${known}`);
    return EXIT_USAGE;
  }
  const language = options.lang === 'zh' || options.lang === 'en' ? options.lang : receiver.language;
  const event = sampleEvent(kindOf(options.event), alarmOf(configuration, at), receiver.id, at);
  let failed = false;
  const shown = previewOf({ ...receiver, language }, event, configuration, at, (reason) => {
    failed = true;
    io.err(`the template failed, so the built-in one is shown: ${reason}`);
  });
  if (options.json) io.out(JSON.stringify(shown));
  else for (const line of linesOf(shown)) io.out(line);
  return failed ? 1 : 0;
}

function misuse({ event, lang }: PreviewOptions): string | null {
  if (lang !== undefined && lang !== 'en' && lang !== 'zh') return `--lang ${lang} is not known: write en or zh`;
  if (event === undefined || SAMPLE_KINDS.some((kind) => kind === event)) return null;
  return `--event ${event} is not known: write one of ${SAMPLE_KINDS.join(', ')}`;
}

function kindOf(event: string | undefined): SampleKind {
  return SAMPLE_KINDS.find((kind) => kind === event) ?? 'raised';
}

/** Of the most urgent limit there is, since that is the message that must be right. */
function alarmOf({ devices }: Configuration, at: number): Alarm {
  let worst: { readonly device: Device; readonly point: Point; readonly limit: Limit } | null = null;
  for (const device of devices.values()) {
    for (const point of device.points) {
      for (const limit of point.limits) {
        if (worst === null || isMoreUrgent(limit.tier, worst.limit.tier)) worst = { device, point, limit };
      }
    }
  }
  if (worst === null) return sampleAlarm(at);
  const { device, point, limit } = worst;
  const isHigh = limit.name === 'H' || limit.name === 'HH';
  const step = afterChange(undefined, {
    device,
    point,
    rule: null,
    direction: isHigh ? 'high' : 'low',
    status: 'actual',
    level: {
      condition: `${point.id}.${limit.name}`,
      rank: limit.name === 'HH' || limit.name === 'LL' ? 2 : 1,
      tier: limit.tier,
      limit: limit.at,
      latch: limit.latch,
      measured: null,
    },
    value: limit.at,
    quality: 'good',
    occurredAt: at,
    receivedAt: at,
    effectiveAt: at,
    at,
    journalSeq: 1,
  });
  return step?.alarm ?? sampleAlarm(at);
}

function isMoreUrgent(one: Tier, other: Tier): boolean {
  return tierRank(one) > tierRank(other);
}

function* linesOf({ kind, receiver, method, address, headers, body, bytes }: Preview): Generator<string> {
  yield `# ${receiver} (${kind}), ${bytes} bytes; nothing was sent, *** stands for what is secret`;
  yield method === null ? `publish ${address}` : `${method} ${address}`;
  for (const [name, value] of Object.entries(headers)) yield `${name}: ${value}`;
  if (body === null) return;
  yield '';
  yield body;
}
