import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  filterCovers,
  filterMatches,
  filtersOverlap,
  isDeviceKey,
  isFilterWellFormed,
  isTelemetryTopic,
  isTopicWellFormed,
  topicUse,
} from '../../../src/broker/topic.ts';

const level = fc.constantFrom('a', 'b', '', 'v1');
const topic = fc.array(level, { minLength: 1, maxLength: 4 }).map((levels) => levels.join('/'));
const filter = fc
  .tuple(fc.array(fc.constantFrom('a', 'b', '', '+'), { maxLength: 4 }), fc.constantFrom('#', '+', 'a'))
  .map(([levels, last]) => [...levels, last].join('/'));

describe('topic grammar', () => {
  it.each([
    ['v1/s/d/telemetry', 'ingest'],
    ['v1/s/d/status', 'ingest'],
    ['v1/x/telemetry', 'ingest'],
    ['v1/a b/c/telemetry', 'ingest'],
    ['v1/s/d/telemetry/more', 'ingest'],
    ['v1/-s/d/command/x', 'ingest'],
    ['v1/s/d/command/reboot', 'deliver'],
    ['V1/s/d/telemetry', 'deliver'],
    ['v10/s/d/telemetry', 'deliver'],
    ['plant/line/1', 'deliver'],
  ])('%s is for %s', (name, use) => {
    expect(topicUse(name)).toBe(use);
  });

  it.each([
    ['', false],
    ['a', true],
    ['/', true],
    ['__proto__', true],
    ['阀室/压力', true],
    ['a\u{1f525}b', true],
    ['a\0b', false],
    ['a\nb', false],
    ['a\u0085b', false],
    ['a\ufffdb', false],
    ['a\ud800b', false],
    ['a\udc00', false],
    ['a/+', false],
    ['a#', false],
    ['x'.repeat(1024), true],
    ['x'.repeat(1025), false],
    ['阀'.repeat(342), false],
    [Array(100).fill('a').join('/'), true],
    [Array(101).fill('a').join('/'), false],
  ])('publishing to %j may be: %s', (name, wellFormed) => {
    expect(isTopicWellFormed(name)).toBe(wellFormed);
  });

  it.each([
    ['#', true],
    ['+', true],
    ['a/+/b/#', true],
    ['a#', false],
    ['a+', false],
    ['+a', false],
    ['a/#/b', false],
    ['##', false],
    ['a/b+/c', false],
    ['a\0', false],
    ['', false],
  ])('filter %j is well formed: %s', (name, wellFormed) => {
    expect(isFilterWellFormed(name)).toBe(wellFormed);
  });

  it.each([
    ['v1/s/#', 'v1/s/d/telemetry', true],
    ['v1/s/#', 'v1/s', true],
    ['v1/s/#', 'v1/+/d/telemetry', false],
    ['v1/s/#', '#', false],
    ['v1/+/+/telemetry', 'v1/s/+/telemetry', true],
    ['v1/+/+/telemetry', 'v1/#', false],
    ['a/+/#', 'a/#', false],
    ['+', '#', false],
    ['#', '$SYS/#', false],
    ['+/x', '$SYS/x', false],
  ])('%s covers %s: %s', (wide, narrow, covers) => {
    expect(filterCovers(wide, narrow)).toBe(covers);
  });

  it('a covering filter matches every topic that the covered one matches', () => {
    fc.assert(
      fc.property(filter, filter, topic, (wide, narrow, name) => {
        if (filterCovers(wide, narrow) && filterMatches(narrow, name)) expect(filterMatches(wide, name)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('two filters that match one topic overlap', () => {
    fc.assert(
      fc.property(filter, filter, topic, (one, other, name) => {
        if (filterMatches(one, name) && filterMatches(other, name)) expect(filtersOverlap(one, other)).toBe(true);
      }),
      { numRuns: 5000 },
    );
  });

  it('matching agrees with the definition by regular expression', () => {
    fc.assert(
      fc.property(filter, topic, (pattern, name) => {
        const source = pattern
          .split('/')
          .map((part, index) =>
            part === '#' ? (index === 0 ? '.*' : '(/.*)?') : `${index ? '/' : ''}${part === '+' ? '[^/]*' : part}`,
          )
          .join('');
        expect(filterMatches(pattern, name)).toBe(new RegExp(`^${source}$`).test(name));
      }),
      { numRuns: 5000 },
    );
  });

  it('device keys and telemetry topics follow the grammar of names', () => {
    expect(isDeviceKey('wujin-gas/cab-001')).toBe(true);
    expect(['a', 'a/b/c', '+/+', 'a/', '/b', 'a/b c', `a/${'x'.repeat(65)}`].filter(isDeviceKey)).toEqual([]);
    expect(isTelemetryTopic('v1/s/d/telemetry')).toBe(true);
    expect(['v1/s/telemetry', 'v1/s/d/telemetry/x', 'v1/s/d/command'].filter(isTelemetryTopic)).toEqual([]);
  });
});
