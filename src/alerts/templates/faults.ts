import { AppError } from '../../model/error.ts';
import type { HttpSettings, Receiver } from '../../model/routing.ts';
import type { Language } from '../../model/text.ts';
import { compileTemplate, type Escape } from '../template.ts';
import { compileRequest, type RequestWords } from './http-request.ts';
import { SAMPLE_KINDS, sampleAlarm, sampleEvent } from './sample.ts';
import { type View, viewOf, type Wording } from './view.ts';

/** What is wrong with a template of a receiver. */
export interface TemplateFault {
  /** Below the receiver, as `['template', 'text']` or `['http', 'body']`. */
  readonly path: readonly string[];
  /** What to do, for a person. */
  readonly message: string;
}

const SAMPLE_AT = Date.UTC(2026, 0, 2, 3, 4, 5);
const asIs: Escape = (value) => value;
const NAMES = 'README "Templates" lists what can be named';

/** Tries every template of a receiver with an event of every kind; [] = all can be used. */
export function templateFaults(receiver: Pick<Receiver, 'channel' | 'language' | 'template'>): TemplateFault[] {
  const { template, channel } = receiver;
  if (template.title === null && template.text === null && channel.kind !== 'http') return [];
  const views = sampleViews(receiver.language);
  const faults: TemplateFault[] = [];
  for (const key of ['title', 'text'] as const) {
    const source = template[key];
    if (source === null) continue;
    const path = ['template', key];
    const reason = READS_TEMPLATES.has(channel.kind)
      ? firstFault(views, () => compileTemplate(source, asIs).render)
      : `a receiver of the kind ${channel.kind} has a format of its own: remove it`;
    if (reason !== null) faults.push({ path, message: reason });
  }
  return channel.kind === 'http' ? [...faults, ...requestFaults(channel.http, views)] : faults;
}

const READS_TEMPLATES: ReadonlySet<Receiver['channel']['kind']> = new Set(['dingtalk', 'wecom', 'feishu', 'http']);

/** Each part by itself, so that a fault is shown at its place. */
function requestFaults(settings: HttpSettings, views: readonly View[]): TemplateFault[] {
  const plain: HttpSettings = { ...settings, url: 'https://localhost/', headers: {}, body: '' };
  const { url, headers, body } = settings;
  const type = Object.fromEntries(Object.entries(headers).filter(([name]) => name.toLowerCase() === 'content-type'));
  const parts: { path: string[]; part: Partial<HttpSettings> }[] = [
    { path: ['http', 'url'], part: { url } },
    ...Object.entries(headers).map(([name, value]) => ({
      path: ['http', 'headers', name],
      part: { headers: { [name]: value } },
    })),
    { path: ['http', 'body'], part: { body, headers: type } },
  ];
  return parts.flatMap(({ path, part }) => {
    const reason = firstFault(views, () => {
      const render = compileRequest({ ...plain, ...part });
      return (view) => {
        const request = render(view, sampleWords(settings));
        if (part.body !== undefined && request.body !== null && isJson(request.headers)) checkJson(request.body);
      };
    });
    return reason === null ? [] : [{ path, message: reason }];
  });
}

function isJson(headers: Readonly<Record<string, string>>): boolean {
  return headers['content-type']?.toLowerCase().includes('json') === true;
}

/** @throws AppError */
function checkJson(body: string): void {
  try {
    JSON.parse(body);
  } catch {
    throw new AppError(
      'TEMPLATE_NOT_JSON',
      'it does not make JSON, as the content-type says: put values in quotes, or write | json',
    );
  }
}

/** What a compiled template, or its compilation, says first; null = nothing. */
function firstFault(views: readonly View[], compile: () => (view: View) => unknown): string | null {
  try {
    const render = compile();
    for (const view of views) render(view);
    return null;
  } catch (error) {
    if (!(error instanceof AppError)) throw error;
    return error.message.startsWith('undefined variable') ? `${error.message}; ${NAMES}` : error.message;
  }
}

function sampleWords({ secrets }: HttpSettings): RequestWords {
  const secret = Object.fromEntries(Object.keys(secrets).map((name) => [name, 'sample']));
  return { secret, title: 'title', text: 'text', sequence: 1 };
}

/** Made once: they are the same for every receiver, and a check of many is then quick. */
const samples = new Map<Language, readonly View[]>();

function sampleViews(language: Language): readonly View[] {
  const known = samples.get(language);
  if (known) return known;
  const full = sampleAlarm(SAMPLE_AT);
  // And one without all that may be missing.
  const bare = { ...full, point: null, why: null, location: null, grid: null, limit: null, value: null };
  const views = [full, bare].flatMap((alarm) =>
    SAMPLE_KINDS.map((kind) => viewOf(sampleEvent(kind, alarm, 'sample', SAMPLE_AT), language, SAMPLE_WORDING)),
  );
  samples.set(language, views);
  return views;
}

const tier = { title: { en: 'tier', zh: '级别' } };
const SAMPLE_WORDING: Wording = { timezone: 'UTC', tiers: { blue: tier, yellow: tier, orange: tier, red: tier } };
