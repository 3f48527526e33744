import { AppError } from '../../model/error.ts';
import type { HttpSettings } from '../../model/routing.ts';
import { compileTemplate, type Escape } from '../template.ts';
import { oneLine } from './fit.ts';
import type { View } from './view.ts';
import { xmlText } from './xml.ts';

/** The request of a gateway, rendered. */
export interface RenderedRequest {
  readonly method: HttpSettings['method'];
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | null;
}

/** What a request says beside the view. */
export interface RequestWords {
  readonly secret: Readonly<Record<string, string>>;
  /** As the receiver's own templates say it. */
  readonly title: string;
  readonly text: string;
  readonly sequence: number;
}

const none: Escape = (value) => value;
const inUrl: Escape = (value) => encodeURIComponent(Buffer.from(value).toString('utf8'));
const inJson: Escape = (value) => JSON.stringify(value).slice(1, -1);

/**
 * Compiles the templates of a gateway. Values are made harmless by where they stand: encoded in the URL and in a form,
 * escaped in a JSON string and in XML by the `content-type`, on one line in a header.
 *
 * @throws AppError `TEMPLATE_INVALID`, `TEMPLATE_HOST`: the host is to be written out
 */
export function compileRequest(settings: HttpSettings): (view: View, words: RequestWords) => RenderedRequest {
  const origin = /^https?:\/\/[^/?#{}]+/i.exec(settings.url)?.[0];
  if (origin === undefined || /^\{[{%]/.test(settings.url.slice(origin.length))) {
    throw new AppError('TEMPLATE_HOST', 'the host cannot be a template: write the URL out up to its path');
  }
  const url = compileTemplate(settings.url, inUrl);
  const headers = Object.entries(settings.headers).map(
    ([name, source]) => [name.toLowerCase(), compileTemplate(source, oneLine)] as const,
  );
  const type = Object.entries(settings.headers).find(([name]) => name.toLowerCase() === 'content-type')?.[1];
  const isBare = settings.method === 'GET' || settings.body === '';
  const body = compileTemplate(settings.body, escapeOf(type ?? DEFAULT_TYPE));
  return (view, words) => ({
    method: settings.method,
    url: url.render(view, { ...words }),
    headers: {
      ...(isBare ? {} : { 'content-type': DEFAULT_TYPE }),
      ...Object.fromEntries(headers.map(([name, template]) => [name, oneLine(template.render(view, { ...words }))])),
    },
    body: isBare ? null : body.render(view, { ...words }),
  });
}

const DEFAULT_TYPE = 'application/json; charset=utf-8';

function escapeOf(contentType: string): Escape {
  const type = contentType.toLowerCase();
  if (type.includes('json')) return inJson;
  if (type.includes('x-www-form-urlencoded')) return inUrl;
  return type.includes('xml') || type.includes('html') ? xmlText : none;
}
