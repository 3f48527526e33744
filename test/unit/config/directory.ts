import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import type { Fault } from '../../../src/config/fault.ts';
import { type LoadOptions, type LoadResult, loadConfiguration } from '../../../src/config/load.ts';
import type { Configuration } from '../../../src/model/configuration.ts';

export const FIXTURES = new URL('../../fixtures/config/', import.meta.url).pathname;

/** A webhook secret of 32 bytes. */
export const GOOD_SECRET = `whsec_${Buffer.from('thirty-two bytes of test secrets').toString('base64')}`;

/** What the fixture of routing, and those of rules, take from the environment. */
export const ROUTING_ENV: Readonly<Record<string, string>> = {
  CC_SECRET: GOOD_SECRET,
  INFLUX_PASSWORD: 'x',
  DING_URL: 'https://oapi.dingtalk.com/robot/send?access_token=ding-token',
  DING_SECRET: 'SEC-ding',
  WECOM_URL: 'https://qyapi.weixin.qq.com/cgi-bin/webhook/send?key=wecom-token',
  FEISHU_URL: 'https://open.feishu.cn/open-apis/bot/v2/hook/feishu-token',
  CITY_TOKEN: 'Bearer city-token',
  SMS_KEY: 'sms-key',
};

/** Loads files given by name and text from a directory of their own. */
export function loadFiles(
  files: Record<string, string>,
  env: Readonly<Record<string, string>> = {},
  options: LoadOptions = {},
): LoadResult {
  const directory = mkdtempSync(join(tmpdir(), 'davylamp-config-'));
  try {
    for (const [name, text] of Object.entries(files)) {
      mkdirSync(dirname(join(directory, name)), { recursive: true });
      writeFileSync(join(directory, name), text);
    }
    return loadConfiguration(directory, env, options);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

export function configurationOf(result: LoadResult): Configuration {
  if ('configuration' in result) return result.configuration;
  throw new Error(`the configuration has faults:\n${lines(result).join('\n')}`);
}

/** The faults and warnings, but that there are no devices: most tests need only a profile. */
export function faultsOf(result: LoadResult): readonly Fault[] {
  return withoutDevicesNone('configuration' in result ? result.warnings : result.faults);
}

export function withoutDevicesNone(faults: readonly Fault[]): readonly Fault[] {
  return faults.filter(({ code }) => code !== 'DEVICES_NONE');
}

/** `CODE file:line path = value`, with a question mark after the code of a warning. */
export function lines(result: LoadResult): string[] {
  return faultsOf(result).map(({ code, file, line, path, value, severity }) => {
    const place = `${file}${line === null ? '' : `:${line}`}`;
    return `${code}${severity === 'warning' ? '?' : ''} ${place} ${path} = ${JSON.stringify(value)}`;
  });
}
