import { describe, expect, test } from 'vitest';
import { templateFaults } from '../../../../src/alerts/templates/faults.ts';
import { compileRequest } from '../../../../src/alerts/templates/http-request.ts';
import { viewOf } from '../../../../src/alerts/templates/view.ts';
import type { HttpSettings } from '../../../../src/model/routing.ts';
import { buildAlarmEvent } from '../../../helpers/delivery-rig.ts';
import { buildReceiver, TEST_WORDING } from '../../../helpers/routing.ts';

const HTTP: HttpSettings = {
  method: 'POST',
  url: 'https://sms.example/send?key={{ secret.key }}',
  headers: {},
  body: '{"text":"{{ sms }}","speech":{{ speech | json }}}',
  expect: null,
  secrets: { key: 's3c&ret' },
};

function faultsOf(http: Partial<HttpSettings>) {
  const receiver = buildReceiver('sms', {}, { channel: { kind: 'http', http: { ...HTTP, ...http } } });
  return templateFaults(receiver).map(({ path, message }) => `${path.join('.')}: ${message}`);
}

describe('templates of a receiver', () => {
  test('one that can be used with every event has no fault', () => {
    expect(faultsOf({})).toEqual([]);
  });

  test.each([
    [{ url: 'https://{{ site }}.example/' }, 'http.url: the host cannot be a template'],
    [{ url: 'https://sms.example{{ alarm.site }}/' }, 'http.url: the host cannot be a template'],
    [{ url: 'https://sms.example/{{ secret.other }}' }, 'http.url: undefined variable: secret.other'],
    [{ headers: { 'X-A': '{{ nothing }}' } }, 'http.headers.X-A: undefined variable: nothing'],
    [{ body: '{"text":{{ sms }}}' }, 'http.body: it does not make JSON'],
    [{ body: '{{ alarm.teir }}' }, 'http.body: undefined variable: alarm.teir'],
    [{ body: '{{ sms | shorten }}' }, 'http.body: undefined filter: shorten'],
  ])('%j', (http, words) => {
    const faults = faultsOf(http);
    expect(faults).toHaveLength(1);
    expect(faults[0]).toContain(words);
    expect(faults[0]).not.toContain('s3c&ret');
  });

  test('a text for a channel that has a format of its own', () => {
    const receiver = buildReceiver('hook', {}, { template: { title: null, text: 'x' } });
    expect(templateFaults(receiver)).toEqual([
      { path: ['template', 'text'], message: 'a receiver of the kind webhook has a format of its own: remove it' },
    ]);
  });
});

describe('values stand harmless where they stand', () => {
  const event = buildAlarmEvent(1, 'raised', { message: { en: 'x', zh: '"},<b>&\\\n' } });
  const view = viewOf(event, 'zh', TEST_WORDING);
  const words = { secret: HTTP.secrets, title: 'T\r\nX: 1', text: 'a b&c', sequence: 7 };
  const render = (http: Partial<HttpSettings>) => compileRequest({ ...HTTP, ...http })(view, words);

  test('in the URL and in a form', () => {
    expect(render({ url: 'https://sms.example/{{ text }}?k={{ secret.key }}' }).url).toBe(
      'https://sms.example/a%20b%26c?k=s3c%26ret',
    );
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect(render({ headers: form, body: 'text={{ text }}' }).body).toBe('text=a%20b%26c');
  });

  test('in JSON, with quotes of the template or without', () => {
    const body = render({ body: '{"a":"{{ sentence }}","b":{{ sentence | json }},"n":{{ sequence }}}' }).body;
    expect(JSON.parse(body ?? '')).toEqual({ a: view.sentence, b: view.sentence, n: 7 });
  });

  test('in XML and in a header', () => {
    expect(render({ headers: { 'content-type': 'text/xml' }, body: '<t>{{ sentence }}</t>' }).body).toBe(
      '<t>&#34;},&#60;b&#62;&#38;\\\n</t>',
    );
    expect(render({ headers: { 'X-Title': '{{ title }}' } }).headers['x-title']).toBe('T X: 1');
  });

  test('GET has no body', () => {
    expect(render({ method: 'GET', body: '' })).toMatchObject({ method: 'GET', body: null });
  });
});
