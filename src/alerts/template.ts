import { Liquid } from 'liquidjs';
import { AppError } from '../model/error.ts';
import type { View } from './templates/view.ts';

/** Turns what a view holds into text, as often as wanted. */
export interface Template {
  /** @throws AppError `TEMPLATE_FAILED`: it names what this event does not have, or does not end */
  render(view: View, more?: Readonly<Record<string, unknown>>): string;
}

/** How values are made harmless where they stand. */
export type Escape = (value: string) => string;

/** Longest template, and what one rendering may cost: far more than a message needs. */
const LONGEST = 20_000;
const MOST_NODES = 20_000;
const MOST_MEMORY = 1_000_000;
const MOST_MS = 1_000;

/** Filters that read the clock or chance, so that a retry would say something else; and one that only looks like ours. */
const LEFT_OUT = [
  'date',
  'date_to_xmlschema',
  'date_to_rfc822',
  'date_to_string',
  'date_to_long_string',
  'sample',
  'inspect',
];

const engines = new Map<Escape, Liquid>();

/**
 * A template in Liquid (liquidjs). It knows nothing but the view: unknown names and filters are faults, and there are no
 * files. `harmless` is applied to every value that is written; `json`, `urlencode` and `raw` write theirs as it is.
 *
 * @throws AppError `TEMPLATE_INVALID`
 */
export function compileTemplate(source: string, harmless: Escape): Template {
  const engine = engineOf(harmless);
  const parsed = attempt('TEMPLATE_INVALID', () => engine.parse(source));
  return {
    render: (view, more = {}) =>
      attempt('TEMPLATE_FAILED', () =>
        String(engine.renderSync(parsed, { ...view, ...more }, { templateLimit: MOST_NODES })),
      ),
  };
}

function engineOf(harmless: Escape): Liquid {
  const known = engines.get(harmless);
  if (known) return known;
  const engine = new Liquid({
    ownPropertyOnly: true,
    strictFilters: true,
    strictVariables: true,
    parseLimit: LONGEST,
    renderLimit: MOST_MS,
    memoryLimit: MOST_MEMORY,
    // No file is ever looked for.
    templates: {},
    outputEscape: (value: unknown) => harmless(textOf(value)),
  });
  for (const name of LEFT_OUT) delete engine.filters[name];
  engine.registerFilter('json', { raw: true, handler: (value: unknown) => JSON.stringify(value ?? null) });
  engine.registerFilter('urlencode', { raw: true, handler: (value: unknown) => encodeURIComponent(wellFormed(value)) });
  engines.set(harmless, engine);
  return engine;
}

function textOf(value: unknown): string {
  if (value === null || value === undefined) return '';
  return typeof value === 'object' ? JSON.stringify(value) : String(value);
}

/** Without half characters, at which encodeURIComponent throws. */
function wellFormed(value: unknown): string {
  return Buffer.from(textOf(value)).toString('utf8');
}

function attempt<T>(code: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    // The first line says what and where; the rest is a picture of it.
    const [words = 'unreadable'] = (error instanceof Error ? error.message : String(error)).split('\n');
    throw new AppError(code, words);
  }
}
