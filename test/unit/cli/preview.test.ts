import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, test } from 'vitest';
import { type PreviewOptions, preview } from '../../../src/cli/preview.ts';

const directory = mkdtempSync(join(tmpdir(), 'davylamp-preview-'));
cpSync(fileURLToPath(new URL('../../../config', import.meta.url)), directory, { recursive: true });
writeFileSync(
  join(directory, 'routes.yaml'),
  `receivers:
  ding: { dingtalk: { url: "\${DING_URL}", secret: "\${DING_SECRET}", mention: { red: [all] } }, lang: zh }
  wecom: { wecom: { url: "\${WECOM_URL}" }, template: { text: "{{ tierTitle }} {{ text }}" } }
  feishu: { feishu: { url: "\${FEISHU_URL}" } }
  platform: { cap: { url: "https://cap.example/", authorization: "\${CAP_AUTH}", sender: d@s.example, senderName: S, identifier: "32041200100100" } }
  sms: { http: { url: "https://sms.example/?k={{ secret.key }}", body: '{"t":"{{ sms }}"}', secrets: { key: "\${SMS_KEY}" } } }
  bus: { mqtt: {} }
  hook: { webhook: { url: "https://cc.example/", secret: "\${HOOK}" } }
routes: [{ to: [ding, wecom, feishu, platform, sms, bus, hook] }]
`,
);
afterAll(() => rmSync(directory, { recursive: true, force: true }));

const SECRETS = {
  DING_URL: 'https://oapi.example/robot/send?access_token=hush-ding-token',
  DING_SECRET: 'hush-ding-secret',
  WECOM_URL: 'https://qyapi.example/send?key=hush-wecom',
  FEISHU_URL: 'https://open.example/open-apis/bot/v2/hook/hush-feishu',
  CAP_AUTH: 'Bearer hush-cap',
  SMS_KEY: 'hush&sms',
  HOOK: `whsec_${Buffer.from('hush-0123456789-0123456789').toString('base64')}`,
};

function shown(options: Omit<PreviewOptions, 'config'>) {
  const out: string[] = [];
  const err: string[] = [];
  const io = { out: (line: string) => out.push(line), err: (line: string) => err.push(line), env: SECRETS };
  const code = preview({ ...options, config: directory }, io);
  return { code, text: out.join('\n'), err: err.join('\n') };
}

describe('davylamp preview', () => {
  test.each([
    ['ding', 'POST https://oapi.example/robot/send?access_token=***&timestamp='],
    ['wecom', 'POST https://qyapi.example/send?key=***'],
    ['feishu', 'POST https://open.example/open-apis/bot/v2/hook/***'],
    ['platform', 'authorization: ***'],
    ['sms', 'POST https://sms.example/?k=***'],
    ['bus', 'publish v1/linyi-chem/alarms'],
    ['hook', 'webhook-signature: v1,'],
  ])('%s: the request for a real device, without anything secret', (receiver, line) => {
    const { code, text } = shown({ receiver });
    expect(code).toBe(0);
    expect(text).toContain(line);
    expect(text).toMatch(/Linyi Chemicals|临沂化工/);
    expect(text).not.toMatch(/hush|aHVza/);
    expect(shown({ receiver, lang: 'en', json: true }).text).not.toMatch(/hush|aHVza/);
  });

  test('other kinds of event, for every kind of receiver', () => {
    for (const receiver of ['ding', 'wecom', 'feishu', 'platform', 'sms', 'bus', 'hook']) {
      for (const event of ['cleared', 'overdue', 'digest', 'system']) {
        const { code, text } = shown({ receiver, event, json: true });
        expect([receiver, event, code]).toEqual([receiver, event, 0]);
        expect(JSON.parse(text)).toMatchObject({ receiver });
      }
    }
  });

  test('what is not there is said', () => {
    expect(shown({ receiver: 'nobody' })).toMatchObject({
      code: 2,
      err: expect.stringContaining('known: ding, wecom'),
    });
    expect(shown({ receiver: 'ding', event: 'exploded' })).toMatchObject({ code: 2 });
    expect(shown({ receiver: 'ding', lang: 'fr' })).toMatchObject({ code: 2 });
  });
});
