import type { GovernorEntry } from '../alerts/policy/schema/governor.ts';
import type { TiersEntry } from '../alerts/policy/schema/tiers.ts';
import { parseDuration } from '../model/duration.ts';
import type { GovernorSettings, TierSettings } from '../model/routing.ts';
import type { Text } from '../model/text.ts';
import type { Tier } from '../model/tier.ts';
import { resolveTitle } from './text.ts';

const TITLES: Readonly<Record<Tier, Text>> = {
  red: { en: 'Red', zh: '红色' },
  orange: { en: 'Orange', zh: '橙色' },
  yellow: { en: 'Yellow', zh: '黄色' },
  blue: { en: 'Blue', zh: '蓝色' },
};

/** What is promised of each tier. */
export function buildTiers(entry: TiersEntry): Record<Tier, TierSettings> {
  const settings = (tier: Tier): TierSettings => {
    const { title, acknowledgeWithin, reportWithin, closeWithin, repeat, realarm, bypass } = entry[tier];
    return {
      title: resolveTitle(title, TITLES[tier]),
      acknowledgeWithinMs: parseDuration(acknowledgeWithin),
      reportWithinMs: durationOrNone(reportWithin),
      closeWithinMs: durationOrNone(closeWithin),
      repeatMs: durationOrNone(repeat),
      realarmMs: durationOrNone(realarm),
      bypass: { maxMs: parseDuration(bypass.max), secondPerson: bypass.secondPerson },
    };
  };
  return { red: settings('red'), orange: settings('orange'), yellow: settings('yellow'), blue: settings('blue') };
}

/** The terms of the suppression governor that are the same for all tiers. */
export function buildGovernor({ maxPerSite, warnBefore, request }: GovernorEntry): GovernorSettings {
  return { maxPerSite, warnBeforeMs: parseDuration(warnBefore), requestMs: parseDuration(request) };
}

function durationOrNone(text: string): number | null {
  return text === 'none' ? null : parseDuration(text);
}
