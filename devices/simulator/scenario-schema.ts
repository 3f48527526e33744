import { type Static, Type } from '@sinclair/typebox';
import { DURATION_PATTERN } from '../../src/model/duration.ts';
import { QUALITIES } from '../../src/model/quality.ts';
import { DEVICE_CLASSES, type DeviceClass } from './device.ts';

const strict = { additionalProperties: false };
const Duration = Type.String({ pattern: DURATION_PATTERN });
/** A part of a topic, as the wire contract has it. */
const TopicPart = Type.String({ pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$' });
const Point = Type.String({ minLength: 1 });
const Title = Type.Object({ en: Type.String({ minLength: 1 }), zh: Type.String({ minLength: 1 }) }, strict);

const GroupSchema = Type.Object(
  {
    group: Type.String({ minLength: 1 }),
    class: Type.Unsafe<DeviceClass>({ type: 'string', enum: [...DEVICE_CLASSES] }),
    site: TopicPart,
    prefix: TopicPart,
    count: Type.Integer({ minimum: 1 }),
    affected: Type.Optional(
      Type.Unsafe<number | string>({ type: ['integer', 'string'], minimum: 0, pattern: '^(all|(100|[0-9]{1,2})%)$' }),
    ),
  },
  strict,
);

const StepSchema = Type.Object(
  {
    at: Duration,
    on: Type.String({ minLength: 1 }),
    which: Type.Optional(Type.Unsafe<'affected' | 'all'>({ type: 'string', enum: ['affected', 'all'] })),
    note: Type.Optional(Type.String({ minLength: 1 })),
    ramp: Type.Optional(Type.Object({ point: Point, to: Type.Number(), over: Duration }, strict)),
    set: Type.Optional(
      Type.Object(
        { point: Point, to: Type.Unsafe<number | boolean | null>({ type: ['number', 'boolean', 'null'] }) },
        strict,
      ),
    ),
    hold: Type.Optional(Type.Object({ point: Point }, strict)),
    noise: Type.Optional(Type.Object({ point: Point, deviation: Type.Number({ minimum: 0 }) }, strict)),
    quality: Type.Optional(
      Type.Object(
        {
          point: Point,
          to: Type.Unsafe<(typeof QUALITIES)[number]>({ type: 'string', enum: [...QUALITIES] }),
        },
        strict,
      ),
    ),
    release: Type.Optional(Type.Object({ point: Type.Optional(Point), over: Type.Optional(Duration) }, strict)),
    silence: Type.Optional(Type.Object({ for: Duration }, strict)),
    offline: Type.Optional(Type.Object({ for: Duration }, strict)),
    outage: Type.Optional(Type.Object({ for: Duration }, strict)),
  },
  strict,
);

/** The effects a timeline step can have; each step has one. */
export const EFFECTS = [
  'ramp',
  'set',
  'hold',
  'noise',
  'quality',
  'release',
  'silence',
  'offline',
  'outage',
] as const satisfies readonly (keyof Static<typeof StepSchema>)[];

/** A scenario file: who takes part, and what happens to them when. */
export const ScenarioSchema = Type.Object(
  {
    name: Type.String({ pattern: '^[a-z0-9][a-z0-9-]*$' }),
    title: Title,
    description: Type.String({ minLength: 1 }),
    timeOfDay: Type.Optional(Type.String({ pattern: '^([01][0-9]|2[0-3]):[0-5][0-9]$' })),
    interval: Duration,
    duration: Duration,
    loop: Type.Optional(Type.Object({ from: Duration }, strict)),
    devices: Type.Array(GroupSchema, { minItems: 1 }),
    timeline: Type.Optional(Type.Array(StepSchema)),
  },
  strict,
);

export type ScenarioYaml = Static<typeof ScenarioSchema>;
export type GroupYaml = Static<typeof GroupSchema>;
export type StepYaml = Static<typeof StepSchema>;
