import { describe, expect, it } from 'vitest';
import type { PointType } from '../../../src/model/device.ts';
import type { DistanceSpec, FeedbackSpec } from '../../../src/model/rule.ts';
import { buildRule, ruledDevice, watch } from '../../helpers/watched.ts';

describe('two measurements', () => {
  const spec: DistanceSpec = { kind: 'discrepancy', between: [0, 1] };
  const level = { at: 20, deadband: 4, onDelayMs: 60_000 };
  const words = { point: null, unit: 'mm' };
  const device = ruledDevice({ a: 'number', b: 'number' }, [buildRule('levels', spec, level, words)]);

  it('are told when they have been apart for the delay, and together again below the deadband', () => {
    const watching = watch(device).read(0, { a: 100, b: 121 }).tick(60).read(70, { b: 117 }).read(80, { a: 102 });
    expect(watching.seen()).toEqual([
      [60, 'levels'],
      [80, '-discrepancy'],
    ]);
    expect(watching.changes[0]).toMatchObject({ point: null, level: { measured: 21, limit: 20 } });
  });

  it('say nothing while one is missing or bad', () => {
    const watching = watch(device)
      .read(0, { a: 100 })
      .tick(100)
      .read(110, { b: 500 }, { qualities: { b: 'bad' } });
    expect(watching.tick(500).seen()).toEqual([]);
  });

  it('can count a bad one as apart', () => {
    const strict = ruledDevice({ a: 'number', b: 'number' }, [
      buildRule('levels', spec, level, { ...words, onBad: 'alarm' }),
    ]);
    const watching = watch(strict)
      .read(0, { a: 100, b: 100 })
      .read(10, { b: 100 }, { qualities: { b: 'bad' } });
    expect(watching.restart().tick(70).seen()).toEqual([[70, 'levels']]);
  });
});

describe('command and feedback', () => {
  function device(command: PointType, feedback: PointType, confirms: FeedbackSpec['confirms'] = null) {
    const spec: FeedbackSpec = { kind: 'discrepancy', command: 0, feedback: 1, confirms };
    const rule = buildRule('valve', spec, { onDelayMs: 5_000 }, { point: 1 });
    return ruledDevice({ command, feedback }, [rule]);
  }

  it('agree while the feedback follows within the travel time', () => {
    const watching = watch(device('boolean', 'boolean')).read(0, { command: false, feedback: false });
    watching.read(10, { command: true }).read(14, { feedback: true }).tick(30);
    expect(watching.seen()).toEqual([]);
  });

  it('disagree when it does not follow, or leaves by itself', () => {
    const watching = watch(device('boolean', 'boolean')).read(0, { command: false, feedback: false });
    watching.read(10, { command: true }).restart().tick(15).read(20, { feedback: true }).read(30, { feedback: false });
    expect(watching.tick(35).seen()).toEqual([
      [15, 'valve'],
      [20, '-discrepancy'],
      [35, 'valve'],
    ]);
    expect(watching.changes[0]).toMatchObject({ value: false, level: { limit: null, measured: null } });
  });

  it('are compared by what the feedback confirms; what confirms nothing disagrees', () => {
    const confirms = new Map([
      ['open', true],
      ['closed', false],
    ]);
    const watching = watch(device('boolean', 'string', confirms)).read(0, { command: true, feedback: 'open' });
    watching.read(10, { feedback: 'travelling' }).read(12, { feedback: 'open' }).tick(20);
    expect(watching.seen()).toEqual([]);
    watching.read(30, { feedback: 'travelling' }).tick(40).read(50, { command: false, feedback: 'closed' });
    expect(watching.seen()).toEqual([
      [35, 'valve'],
      [50, '-discrepancy'],
    ]);
  });

  it('compares numbers by value', () => {
    const watching = watch(device('number', 'number', new Map([['1', 10]]))).read(0, { command: 10, feedback: 1 });
    expect(watching.tick(60).seen()).toEqual([]);
    expect(watching.read(70, { feedback: 2 }).tick(75).seen()).toEqual([[75, 'valve']]);
  });
});
