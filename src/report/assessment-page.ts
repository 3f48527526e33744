import type { Assessment } from './assessment.ts';
import { escapeText, htmlPage, tableSection, tile } from './page.ts';
import { assessmentTables } from './tables.ts';
import { numberText, shareText, timeFormat } from './wording.ts';

const WIDTH = 920;
const HEIGHT = 120;
const FOOT = 18;
const HEAD = 18;

/** An assessment as one HTML page that needs nothing else. */
export function assessmentPage(assessment: Assessment): string {
  const { language, date, timezone, span, configuration, counts, figures, devices, quality, missing } = assessment;
  const say = (en: string, zh: string) => ({ en, zh })[language];
  const time = timeFormat(timezone);
  const title = say(`Daily assessment ${date}`, `每日滚动研判 ${date}`);
  const facts = [
    `${time(span.from)} – ${time(span.to)} ${timezone}`,
    say(`configuration ${configuration}`, `配置版本 ${configuration}`),
    say('exercises and tests are not counted', '演练与测试不计入统计'),
    ...missing.map((text) => text[language]),
  ];
  const tiles = [
    tile(
      say('alarms, day before → day', '报警数（前一日→当日）'),
      [counts.all.dayBefore, counts.all.day].map(numberText),
    ),
    tile(say('red', '红色报警'), [numberText(counts.red.day)]),
    tile(say('busiest 10 minutes', '10分钟峰值'), [numberText(figures.peakTenMinutes)]),
    tile(say('time in flood', '泛滥时间占比'), [shareText(figures.floodShare)]),
    tile(say('silent devices', '设备离线率'), [shareText(devices.silentShare)]),
    tile(say('points of bad quality', '数据无效率'), [shareText(quality.badShare)]),
    tile(say('overdue cases', '超期案件'), [numberText(assessment.overdue.total)]),
    tile(say('hidden', '屏蔽项'), [numberText(assessment.hidden.total)]),
  ];
  const words = {
    none: say('None.', '无。'),
    more: say('and # more', '另有 # 项'),
    tiers: {
      red: say('red', '红色'),
      orange: say('orange', '橙色'),
      yellow: say('yellow', '黄色'),
      blue: say('blue', '蓝色'),
    },
  };
  const body = `<header>
<h1>${escapeText(title)}</h1>
<ul class="facts">${facts.map((fact) => `<li>${escapeText(fact)}</li>`).join('')}</ul>
</header>
<section class="tiles">${tiles.join('')}</section>
<section>
<h2>${escapeText(say('Calls by hour', '每小时报警提示数'))}</h2>
${hourlyPlot(assessment, time)}
</section>
${assessmentTables(assessment)
  .map((table) => tableSection(table, words))
  .join('\n')}`;
  return htmlPage(title, language, body);
}

/** One bar an hour, with its time and count below the pointer. */
function hourlyPlot({ hourly, span }: Assessment, time: (at: number) => string): string {
  const highest = Math.max(1, ...hourly);
  const busiest = hourly.indexOf(highest);
  const width = WIDTH / Math.max(1, hourly.length);
  const x0 = (i: number) => i * width;
  const bars = hourly.map((count, i) => {
    const from = time(span.from + i * 3_600_000).slice(11, 16);
    const height = (count / highest) * HEIGHT;
    const x = (x0(i) + 1).toFixed(1);
    const bar = `<rect class="bar" x="${x}" y="${(HEIGHT - height).toFixed(1)}" width="${(width - 2).toFixed(1)}" height="${height.toFixed(1)}"><title>${escapeText(`${from}: ${count}`)}</title></rect>`;
    const label = `<text class="label" x="${x}" y="${HEIGHT + FOOT - 4}">${escapeText(from)}</text>`;
    // The only number that gives the bars a scale.
    const peak = `<text class="label middle" x="${(x0(i) + width / 2).toFixed(1)}" y="-4">${count}</text>`;
    return bar + (i % 3 === 0 ? label : '') + (i === busiest ? peak : '');
  });
  return `<figure><svg viewBox="0 ${-HEAD} ${WIDTH} ${HEAD + HEIGHT + FOOT}" role="img"><line class="grid" x1="0" x2="${WIDTH}" y1="${HEIGHT}" y2="${HEIGHT}"/>${bars.join('')}</svg></figure>`;
}
