import fc from 'fast-check';
import { expect, test } from 'vitest';
import { createWallClock } from '../../../src/model/local-time.ts';

const WEEKDAYS = ['Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat', 'Sun'];

test.each([
  ['Asia/Shanghai', '2026-11-21T16:00:00Z', 0, 7, '2026-11-22', '2026-11-21'],
  ['UTC', '2026-01-01T00:00:59Z', 0, 4, '2026-01-01', '2025-12-31'],
  // Berlin sets its clocks forward at 01:00 UTC, back at 01:00 UTC: 02:30 comes twice.
  ['Europe/Berlin', '2026-03-29T00:59:00Z', 119, 7, '2026-03-29', '2026-03-28'],
  ['Europe/Berlin', '2026-03-29T01:00:00Z', 180, 7, '2026-03-29', '2026-03-28'],
  ['Europe/Berlin', '2026-10-25T00:30:00Z', 150, 7, '2026-10-25', '2026-10-24'],
  ['Europe/Berlin', '2026-10-25T01:30:00Z', 150, 7, '2026-10-25', '2026-10-24'],
  ['Asia/Kathmandu', '2026-11-21T18:15:00Z', 0, 7, '2026-11-22', '2026-11-21'],
])('%s at %s', (zone, at, minute, weekday, date, before) => {
  expect(createWallClock(zone)(Date.parse(at))).toEqual({
    minute,
    today: { weekday, date },
    yesterday: { weekday: weekday === 1 ? 7 : weekday - 1, date: before },
  });
});

test('any zone at any time shows what a formatter of that zone shows', () => {
  const zones = [
    'Asia/Shanghai',
    'America/St_Johns',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Africa/Casablanca',
    'UTC',
  ];
  const tools = zones.map((timeZone) => ({
    wall: createWallClock(timeZone),
    format: new Intl.DateTimeFormat('en-u-ca-gregory', {
      timeZone,
      weekday: 'short',
      year: 'numeric',
      month: '2-digit',
      day: '2-digit',
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    }),
  }));
  fc.assert(
    fc.property(
      fc.constantFrom(...tools),
      fc.integer({ min: Date.parse('1990-01-01'), max: Date.parse('2060-01-01') }),
      ({ wall, format }, at) => {
        const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, value]));
        const { minute, today, yesterday } = wall(at);
        expect(today.date).toBe(`${parts.get('year')}-${parts.get('month')}-${parts.get('day')}`);
        expect(WEEKDAYS[today.weekday - 1]).toBe(parts.get('weekday'));
        expect(minute).toBe(Number(parts.get('hour')) * 60 + Number(parts.get('minute')));
        expect(Date.parse(today.date) - Date.parse(yesterday.date)).toBe(86_400_000);
      },
    ),
  );
});
