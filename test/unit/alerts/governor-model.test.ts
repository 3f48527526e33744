import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { BypassRequest } from '../../../src/alerts/policy/governor.ts';
import { HIDDEN_STATES } from '../../../src/model/alarm.ts';
import type { Bypass } from '../../../src/model/bypass.ts';
import type { Tier } from '../../../src/model/tier.ts';
import { NOON } from '../../helpers/readings.ts';
import { openRegisterRig, type RegisterRig } from '../../helpers/register-rig.ts';
import { buildTerms } from '../../helpers/terms.ts';
import { buildLimit, watchedDevice } from '../../helpers/watched.ts';

const MINUTE = 60_000;
const DEVICES = ['a', 'b'].map((id) => watchedDevice({ id, limits: [buildLimit('H', 3)] }));
/** Three people, and how they may write their names. */
const PEOPLE = { li: ['Li Wei', 'ｌｉ  ｗｅｉ'], wang: ['Wang', 'WANG\u200b'], chen: ['Chen', ' chen '] } as const;
type Person = keyof typeof PEOPLE;
const LIMIT_MINUTES: Readonly<Record<Tier, number>> = { blue: 120, yellow: 120, orange: 60, red: 30 };

/** Who agreed at what time to what may be hidden, told by the answers of the register alone. */
interface Agreement {
  readonly people: readonly Person[];
  readonly at: number;
  readonly device: string | null;
  readonly upTo: Tier;
}

class Model {
  now = NOON;
  readonly agreements: Agreement[] = [];
  readonly asked = new Map<string, { readonly person: Person; readonly device: string | null }>();
  /** Since when an alarm has been hidden without a break, by alarm and by the tier that it had. */
  readonly hiddenSince = new Map<string, { readonly tier: Tier; readonly at: number }>();

  answered(bypass: Bypass, person: Person, device: string | null, second: Person | null = null): void {
    if (bypass.state === 'requested') this.asked.set(bypass.id, { person, device });
    if (bypass.state !== 'active') return;
    const people = second === null ? [person] : [person, second];
    this.agreements.push({ people, at: this.now, device, upTo: bypass.upTo });
  }
}

type Command = fc.AsyncCommand<Model, RegisterRig>;

class Act implements Command {
  private readonly name: string;
  private readonly act: (model: Model, rig: RegisterRig) => Promise<void>;

  constructor(name: string, act: (model: Model, rig: RegisterRig) => Promise<void>) {
    this.name = name;
    this.act = act;
  }

  check(): boolean {
    return true;
  }

  async run(model: Model, rig: RegisterRig): Promise<void> {
    await answered(() => this.act(model, rig));
    await rig.tick(model.now);
    nothingIsHiddenTooLong(model, rig);
  }

  toString(): string {
    return this.name;
  }
}

/** A refusal is an answer; anything else is a failure. */
async function answered(act: () => Promise<void>): Promise<void> {
  try {
    await act();
  } catch (error) {
    if (!(error instanceof Error) || !('code' in error) || !/^(ALARM|BYPASS)_/.test(String(error.code))) throw error;
  }
}

function nothingIsHiddenTooLong(model: Model, rig: RegisterRig): void {
  for (const alarm of rig.register.openAlarms()) {
    const isHidden = HIDDEN_STATES.some((state) => state === alarm.state);
    const known = model.hiddenSince.get(alarm.id);
    if (!isHidden) {
      model.hiddenSince.delete(alarm.id);
      continue;
    }
    if (known?.tier !== alarm.tier) model.hiddenSince.set(alarm.id, { tier: alarm.tier, at: model.now });
    const listed = rig.register
      .listBypasses({ state: 'active', limit: 1000 })
      .items.find(({ id }) => id === alarm.bypass);
    expect(listed?.hidden, `${alarm.id} is hidden by what is listed`).toBeGreaterThan(0);
    const limit = LIMIT_MINUTES[alarm.tier] * MINUTE;
    const concerning = model.agreements.filter(({ device }) => device === null || device === alarm.device);
    if (alarm.tier === 'red') {
      const both = concerning.filter(
        ({ at, people, upTo }) => model.now - at < limit && people.length > 1 && upTo === 'red',
      );
      expect(both, `red ${alarm.id} is hidden with two people's consent`).not.toEqual([]);
    } else if (known?.tier === alarm.tier && model.now - known.at >= limit) {
      const people = new Set(concerning.filter(({ at }) => at > known.at - limit).flatMap((each) => each.people));
      expect(people.size, `${alarm.id} is hidden for ${model.now - known.at} ms by one person`).toBeGreaterThan(1);
    }
  }
}

const person = fc.constantFrom<Person[]>('li', 'wang', 'chen');
const spelling = fc.nat({ max: 1 });
const device = fc.nat({ max: 1 });
const minutes = fc.integer({ min: 1, max: 40 });
const tier = fc.constantFrom<Tier[]>('blue', 'yellow', 'orange', 'red', 'red');
const nameOf = (who: Person, how: number) => PEOPLE[who][how] ?? PEOPLE[who][0];
const request: Omit<BypassRequest, 'scope' | 'owner' | 'upTo' | 'lengthMs'> = {
  kind: 'outOfService',
  oneShot: false,
  reason: 'sensor exchange',
  approvedBy: null,
  origin: { kind: 'person' },
  replacement: 'portable detector',
  workOrder: null,
};
const scopeOf = (id: string | null) => ({
  alarm: null,
  site: 'wujin-gas',
  device: id,
  profile: null,
  point: null,
  rule: null,
});

const commands = [
  fc
    .record({ device, tier: fc.option(tier) })
    .map(
      ({ device: i, tier: to }) =>
        new Act(`condition ${i} ${to}`, async (model, rig) => rig.change(model.now, to, DEVICES[i])),
    ),
  fc.record({ person, spelling, device, minutes, oneShot: fc.boolean() }).map(
    ({ person: who, spelling: how, device: i, minutes: m, oneShot }) =>
      new Act(`${who} shelves ${i} for ${m}`, async (model, rig) => {
        const alarm = rig.open(DEVICES[i]);
        const command = { by: nameOf(who, how), comment: 'valve work', lengthMs: m * MINUTE, oneShot };
        model.answered(await rig.register.shelve(alarm.id, command, model.now), who, alarm.device);
      }),
  ),
  fc.record({ person, spelling, device: fc.option(device), tier, minutes }).map(
    ({ person: who, spelling: how, device: i, tier: upTo, minutes: m }) =>
      new Act(`${who} takes ${i} out of service up to ${upTo} for ${m}`, async (model, rig) => {
        const id = i === null ? null : (DEVICES[i]?.id ?? null);
        const asked = { ...request, scope: scopeOf(id), owner: nameOf(who, how), upTo, lengthMs: m * MINUTE };
        model.answered(await rig.register.bypass(asked, model.now), who, id);
      }),
  ),
  fc.record({ person, spelling, nth: fc.nat({ max: 3 }) }).map(
    ({ person: who, spelling: how, nth }) =>
      new Act(`${who} approves ${nth}`, async (model, rig) => {
        const { items } = rig.register.listBypasses({ state: 'requested', limit: 10 });
        const asked = items[nth % Math.max(1, items.length)];
        const known = asked && model.asked.get(asked.id);
        if (!asked || !known) return;
        const made = await rig.register.approve(asked.id, { by: nameOf(who, how), comment: 'agreed' }, model.now);
        expect(known.person, 'nobody approves what they have asked for').not.toBe(who);
        model.answered(made, known.person, known.device, who);
      }),
  ),
  fc.record({ person, nth: fc.nat({ max: 3 }) }).map(
    ({ person: who, nth }) =>
      new Act(`${who} lifts ${nth}`, async (model, rig) => {
        const { items } = rig.register.listBypasses({ limit: 10 });
        const found = items[nth % Math.max(1, items.length)];
        if (found) await rig.register.lift(found.id, { by: who, comment: null }, model.now);
      }),
  ),
  fc.record({ second: fc.option(person), tier, minutes, nth: fc.nat({ max: 1 }) }).map(
    ({ second, tier: upTo, minutes: m, nth }) =>
      new Act(`window ${nth} up to ${upTo} for ${m}, signed by ${second}`, async (model, rig) => {
        const origin = { kind: 'window', id: `w${nth}` } as const;
        const known = rig.register.listBypasses({ state: 'active', limit: 100 }).items;
        const asked = {
          ...request,
          kind: 'suppression',
          scope: scopeOf(null),
          origin,
          upTo,
          lengthMs: m * MINUTE,
        } as const;
        const signed = { ...asked, owner: PEOPLE.li[0], approvedBy: second === null ? null : PEOPLE[second][0] };
        const made = rig.register.bypasses.begin(signed, model.now);
        await rig.register.commit(null);
        if (known.every(({ id }) => id !== made.id)) model.answered(made, 'li', null, second ?? 'chen');
      }),
  ),
  device.map(
    (i) =>
      new Act(`acknowledge ${i}`, async (model, rig) => {
        await rig.register.acknowledge(rig.open(DEVICES[i]).id, { by: 'Li', comment: null }, model.now);
      }),
  ),
  fc.integer({ min: 1, max: 35 }).map(
    (m) =>
      new Act(`${m} minutes pass`, async (model) => {
        model.now += m * MINUTE;
      }),
  ),
  fc.record({ person, device, minutes: fc.integer({ min: 5, max: 40 }) }).map(
    ({ person: who, device: i, minutes: m }) =>
      new Act(`${who} shelves ${i} again and again for ${m}, in time`, async (model, rig) => {
        for (let round = 0; round < 5; round++) {
          await answered(async () => {
            const alarm = rig.open(DEVICES[i]);
            const command = { by: nameOf(who, round % 2), comment: 'valve work', lengthMs: m * MINUTE, oneShot: false };
            model.answered(await rig.register.shelve(alarm.id, command, model.now), who, alarm.device);
          });
          model.now += (m - 1) * MINUTE;
          await rig.tick(model.now);
          nothingIsHiddenTooLong(model, rig);
        }
      }),
  ),
  fc.constant(new Act('restart', async (_, rig) => rig.restart())),
];

describe('suppression governor over any sequence of commands', () => {
  it('hides no red alarm beyond its limit without two people, and hides nothing that is not listed and logged', async () => {
    await fc.assert(
      fc.asyncProperty(fc.commands(commands, { maxCommands: 50, size: 'max' }), async (sequence) => {
        const rig = openRegisterRig();
        const bypass = (each: Tier) => ({
          bypass: { maxMs: LIMIT_MINUTES[each] * MINUTE, secondPerson: each === 'red' },
        });
        rig.settings.terms = buildTerms(
          { blue: bypass('blue'), yellow: bypass('yellow'), orange: bypass('orange'), red: bypass('red') },
          { maxPerSite: 6 },
        );
        try {
          await fc.asyncModelRun(() => ({ model: new Model(), real: rig }), sequence);
          expect(countedOf(rig)).toBe(loggedOf(rig));
        } finally {
          await rig.close();
        }
      }),
      { numRuns: 60 },
    );
  }, 120_000);
});

/** Alarms that the bypasses say they have hidden. */
function countedOf({ register }: RegisterRig): number {
  const open = register.listBypasses({ limit: 1000 }).items;
  const over = register.listBypasses({ state: 'over', limit: 1000 }).items;
  return [...open, ...over].reduce((sum, { hidden }) => sum + hidden, 0);
}

/** Changes of what hides an alarm in the event log. */
function loggedOf({ register }: RegisterRig): number {
  const hiddenBy = new Map<string, string | null>();
  let changes = 0;
  for (const event of register.listEvents({ limit: 100_000 }).items) {
    if (!('alarm' in event)) continue;
    const { id, bypass } = event.alarm;
    if (bypass !== null && bypass !== (hiddenBy.get(id) ?? null)) changes++;
    hiddenBy.set(id, bypass);
  }
  return changes;
}
