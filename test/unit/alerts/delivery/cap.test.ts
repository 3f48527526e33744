import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, test } from 'vitest';
import { capIdentifier, capMessage, capRequest, capTime } from '../../../../src/alerts/delivery/cap.ts';
import { type CapEntry, type CapMessage, openCapLedger } from '../../../../src/alerts/delivery/cap-ledger.ts';
import { SAMPLE_KINDS, sampleAlarm, sampleEvent } from '../../../../src/alerts/templates/sample.ts';
import type { Alarm, OutboundEvent } from '../../../../src/model/alarm.ts';
import type { CapSettings } from '../../../../src/model/routing.ts';
import { openEnvironment } from '../../../../src/runtime/database.ts';
import { buildAlarmEvent } from '../../../helpers/delivery-rig.ts';
import { TEST_WORDING } from '../../../helpers/routing.ts';

const SCHEMA = fileURLToPath(new URL('../../../fixtures/cap/CAP-v1.2.xsd', import.meta.url));
const AT = Date.UTC(2026, 10, 21, 14, 3, 11, 204);
const SETTINGS: CapSettings = {
  url: 'https://cap.example/',
  authorization: null,
  sender: 'duty@wujin-gas.example',
  senderName: '武进燃气',
  identifier: '32041200100100',
};
const FIRST: CapMessage = { eventId: 'evt_1', slot: Math.floor(AT / 1000) * 10, at: AT };
const ALONE: CapEntry = { message: FIRST, earlier: [] };

const cleanUp: (() => void)[] = [];
afterEach(() => {
  for (const each of cleanUp.splice(0)) each();
});

function directory(): string {
  const made = mkdtempSync(join(tmpdir(), 'davylamp-cap-'));
  cleanUp.push(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

function message(event: OutboundEvent, entry = ALONE, settings = SETTINGS): string {
  return capMessage(event, { settings, wording: TEST_WORDING, entry, sequence: 7 });
}

/** What the schema says against the messages; one run of xmllint for all of them. */
function schemaFaults(messages: readonly string[]): string[] {
  const folder = directory();
  const files = messages.map((text, index) => {
    const file = join(folder, `${index}.xml`);
    writeFileSync(file, text);
    return file;
  });
  const { status, stderr, error } = spawnSync('xmllint', ['--noout', '--nonet', '--schema', SCHEMA, ...files], {
    encoding: 'utf8',
    timeout: 20_000,
  });
  if (error) throw new Error('xmllint is needed (Debian package libxml2-utils)', { cause: error });
  const said = stderr.split('\n').filter((line) => line !== '' && !line.endsWith(' validates'));
  return status === 0 ? said : [...said, `status ${status}`];
}

/** Text of the elements of this name. */
function texts(xml: string, name: string): string[] {
  return [...xml.matchAll(new RegExp(`<${name}>([^<]*)</${name}>`, 'g'))].map(([, text = '']) => text);
}

describe('CAP 1.2', () => {
  test('every kind of event is valid by the schema of OASIS, and the schema would say if it were not', () => {
    const messages = SAMPLE_KINDS.map((kind) => message(sampleEvent(kind, sampleAlarm(AT), 'platform', AT)));
    expect(schemaFaults(messages)).toEqual([]);
    const wrong = messages[0]?.replace('<scope>Restricted', '<scope>Everybody') ?? '';
    expect(schemaFaults([wrong]).join()).toContain("The value 'Everybody' is not an element of the set");
  });

  test('valid whatever devices and people are called, and the text is what they said', () => {
    const name = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.constantFrom(']]>', '<!--', '&#0;', '\u0000\u0008\ufffe', '\ud800', '<alert>', '"\'', '\r\n\t', ''),
    );
    const alarms = fc.record({
      message: fc.record({ en: name, zh: name }),
      title: fc.record({ en: name, zh: name }),
      unit: name,
      value: fc.oneof(name, fc.double(), fc.boolean(), fc.constant(null)),
      grid: fc.option(name),
      why: fc.option(fc.record({ action: name })),
    });
    const messages: string[] = [];
    fc.assert(
      fc.property(alarms, name, fc.constantFrom(...SAMPLE_KINDS), (parts, senderName, kind) => {
        const event = sampleEvent(kind, { ...sampleAlarm(AT), ...parts }, 'platform', AT);
        messages.push(message(event, ALONE, { ...SETTINGS, senderName }));
      }),
      { numRuns: 150 },
    );
    expect(schemaFaults(messages)).toEqual([]);
  });

  test('an alarm: restricted, in two languages, by colour', () => {
    const xml = message(buildAlarmEvent(1, 'raised', { at: AT, tier: 'red', unit: '%LEL' }));
    expect(texts(xml, 'identifier')).toEqual(['32041200100100_20261121220311_0']);
    expect(texts(xml, 'sent')).toEqual(['2026-11-21T22:03:11+08:00']);
    expect(texts(xml, 'status')).toEqual(['Actual']);
    expect(texts(xml, 'msgType')).toEqual(['Alert']);
    expect(texts(xml, 'scope')).toEqual(['Restricted']);
    expect(texts(xml, 'restriction')[0]).toContain('非政府预警发布');
    expect(texts(xml, 'language')).toEqual(['zh-CN', 'en-US']);
    expect(texts(xml, 'category')).toEqual(['Safety', 'CBRNE', 'Safety', 'CBRNE']);
    expect(texts(xml, 'severity')).toEqual(['Extreme', 'Extreme']);
    expect(texts(xml, 'urgency')).toEqual(['Immediate', 'Immediate']);
    expect(texts(xml, 'instruction')).toEqual(['close the inlet valve', 'close the inlet valve']);
    expect(texts(xml, 'circle')).toEqual(['31.7,119.94 0', '31.7,119.94 0']);
    expect(xml).not.toContain('<expires>');
  });

  test.each([
    ['exercise', 'Exercise', '演练 EXERCISE'],
    ['test', 'Test', '测试 TEST'],
  ] as const)('%s', (status, code, note) => {
    const xml = message(buildAlarmEvent(1, 'raised', { status }));
    expect(texts(xml, 'status')).toEqual([code]);
    expect(texts(xml, 'note')).toEqual([note]);
  });

  test('what follows refers to what came before; the end is all clear, never a cancellation', () => {
    const entry: CapEntry = { message: { eventId: 'evt_2', slot: FIRST.slot + 1, at: AT + 300 }, earlier: [FIRST] };
    const over = { state: 'normal', shown: 'normal', tier: 'red' } as const;
    const xml = message(buildAlarmEvent(1, 'cleared', { at: AT + 300, ...over }), entry);
    expect(texts(xml, 'identifier')).toEqual(['32041200100100_20261121220311_1']);
    expect(texts(xml, 'msgType')).toEqual(['Update']);
    expect(texts(xml, 'references')).toEqual([
      'duty@wujin-gas.example,32041200100100_20261121220311_0,2026-11-21T22:03:11+08:00',
    ]);
    expect(texts(xml, 'responseType')).toEqual(['AllClear', 'AllClear']);
    expect(texts(xml, 'urgency')).toEqual(['Past', 'Past']);
    expect(texts(xml, 'instruction')).toEqual([]);
  });

  test.each([
    [{ direction: 'absent', unit: '' }, ['Infra', 'Infra'], 'Observed'],
    [{ direction: 'forecast', unit: 'kPa' }, ['Safety', 'Safety'], 'Likely'],
    [{ quality: 'uncertain', unit: 'kPa' }, ['Safety', 'Safety'], 'Likely'],
  ] as [Partial<Alarm>, string[], string][])('%j', (parts, categories, certainty) => {
    const xml = message(buildAlarmEvent(1, 'raised', parts));
    expect(texts(xml, 'category')).toEqual(categories);
    expect(texts(xml, 'certainty')[0]).toBe(certainty);
  });

  test('a place on a map that is not WGS-84 is no circle', () => {
    const location = { lon: 119.94, lat: 31.7, datum: 'GCJ-02' };
    expect(message(buildAlarmEvent(1, 'raised', { location }))).not.toContain('<circle>');
  });

  test('authorization goes into the header, and nowhere else', () => {
    const settings = { ...SETTINGS, authorization: 'Bearer hunter2' };
    const terms = { settings, wording: TEST_WORDING, entry: ALONE, sequence: 7 };
    const { headers, body } = capRequest(buildAlarmEvent(1), terms);
    expect(headers).toEqual({ 'content-type': 'application/cap+xml; charset=utf-8', authorization: 'Bearer hunter2' });
    expect(body).not.toContain('hunter2');
  });
});

describe('identifiers', () => {
  test('are 31 characters, in Beijing time', () => {
    expect(capIdentifier('32041200100100', { slot: Date.UTC(2026, 11, 31, 16, 0, 0) / 100 + 9 })).toBe(
      '32041200100100_20270101000000_9',
    );
    expect(capTime(Date.UTC(2026, 11, 31, 16, 0, 0, 999))).toBe('2027-01-01T00:00:00+08:00');
  });

  test('more than ten in a second go into the next; each is used once, over restarts; a retry has its own again', async () => {
    const folder = directory();
    const events = Array.from({ length: 25 }, (_, index) => ({
      id: `evt_${index}`,
      alarm: `alm_${index % 2}`,
      at: AT,
    }));
    let environment = openEnvironment(folder);
    let ledger = openCapLedger(environment);
    const entries = await Promise.all(events.slice(0, 20).map((event) => ledger.enter('a', event)));
    const again = await ledger.enter('a', events[3] ?? { id: '', alarm: '', at: 0 });
    expect(again).toEqual(entries[3]);
    await environment.close();
    environment = openEnvironment(folder);
    ledger = openCapLedger(environment);
    for (const event of events.slice(18)) entries.push(await ledger.enter('a', event));
    expect(entries[20]).toEqual(entries[18]);
    const slots = new Map(entries.map(({ message: { eventId, slot } }) => [eventId, slot]));
    expect(new Set(slots.values()).size).toBe(25);
    const first = Math.floor(AT / 1000) * 10;
    expect(Math.min(...slots.values())).toBe(first);
    expect(Math.max(...slots.values())).toBe(first + 24);
    expect(entries.at(-1)?.earlier.map(({ eventId }) => eventId)).toEqual(
      events
        .slice(0, 24)
        .filter(({ alarm }) => alarm === 'alm_0')
        .map(({ id }) => id),
    );
    const other = await ledger.enter('b', { id: 'evt_0', alarm: 'alm_0', at: AT });
    expect(other).toEqual({ message: { eventId: 'evt_0', slot: first, at: AT }, earlier: [] });
    await environment.close();
  });

  test('a clock that goes back, and a long alarm: still once each, and bounded', async () => {
    const environment = openEnvironment(directory());
    const ledger = openCapLedger(environment);
    const slots: number[] = [];
    for (let index = 0; index < 40; index++) {
      const entry = await ledger.enter('a', { id: `evt_${index}`, alarm: 'alm_1', at: AT - index * 1000 });
      slots.push(entry.message.slot);
      expect(entry.earlier.length).toBeLessThanOrEqual(20);
      if (index > 0) expect(entry.earlier[0]?.eventId).toBe('evt_0');
    }
    expect(new Set(slots).size).toBe(40);
    await environment.close();
  });
});
