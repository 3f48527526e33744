import type { Language } from '../../model/text.ts';

/** Templates of a message that people read. */
export interface MessageTemplates {
  readonly title: string;
  readonly text: string;
}

const TITLE = '{{ headline }}';

/** Lines of a digest that are shown; the rest is in the event log. */
const LINES = 20;

/** What robots say where the configuration says nothing; a line that has nothing to say is left out. */
export const BUILT_IN: Readonly<Record<Language, MessageTemplates>> = {
  zh: {
    title: TITLE,
    text: [
      '{{ sentence }}',
      '{% if details.level %}\n升级至：{{ details.level }}{% endif %}',
      '{% if details.reason %}\n理由：{{ details.reason }}{% endif %}',
      '{% if details.until %}\n至：{{ details.until }}{% endif %}',
      '{% if event.by %}\n人员：{{ event.by }}{% endif %}',
      '{% if event.comment and event.comment != details.reason %}\n说明：{{ event.comment }}{% endif %}',
      '{% if alarm %}\n发生：{{ alarm.occurredAt }}',
      '{% if calls and alarm.cause %}\n可能原因：{{ alarm.cause }}{% endif %}',
      '{% if calls and alarm.consequence %}\n后果：{{ alarm.consequence }}{% endif %}',
      '{% if calls and alarm.action %}\n处置：{{ alarm.action }}{% endif %}',
      '\n编号：{{ alarm.id | raw }}{% endif %}',
      '{% if digest %}\n时段：{{ digest.from }} 至 {{ digest.to }}',
      '\n首发：{{ digest.firstOut.time }} {{ digest.firstOut.sentence }}',
      `{% for line in digest.lines limit: ${LINES} %}`,
      '\n{{ line.time }} 【{{ line.tierTitle }}】{{ line.happened }} {{ line.sentence }}{% endfor %}',
      `{% if digest.events > ${LINES} %}\n共 {{ digest.events }} 条事件，其余见事件记录{% endif %}{% endif %}`,
      '{% if system %}\n时间：{{ event.time }}（{{ event.type }}）{% endif %}',
      '\n{{ notAWarning }}',
    ].join(''),
  },
  en: {
    title: TITLE,
    text: [
      '{{ sentence }}',
      '{% if details.level %}\nEscalated to: {{ details.level }}{% endif %}',
      '{% if details.reason %}\nReason: {{ details.reason }}{% endif %}',
      '{% if details.until %}\nUntil: {{ details.until }}{% endif %}',
      '{% if event.by %}\nBy: {{ event.by }}{% endif %}',
      '{% if event.comment and event.comment != details.reason %}\nComment: {{ event.comment }}{% endif %}',
      '{% if alarm %}\nSince: {{ alarm.occurredAt }}',
      '{% if calls and alarm.cause %}\nLikely cause: {{ alarm.cause }}{% endif %}',
      '{% if calls and alarm.consequence %}\nConsequence: {{ alarm.consequence }}{% endif %}',
      '{% if calls and alarm.action %}\nAction: {{ alarm.action }}{% endif %}',
      '\nAlarm: {{ alarm.id | raw }}{% endif %}',
      '{% if digest %}\nBetween: {{ digest.from }} and {{ digest.to }}',
      '\nFirst out: {{ digest.firstOut.time }} {{ digest.firstOut.sentence }}',
      `{% for line in digest.lines limit: ${LINES} %}`,
      '\n{{ line.time }} [{{ line.tierTitle }}] {{ line.happened }}: {{ line.sentence }}{% endfor %}',
      `{% if digest.events > ${LINES} %}\n{{ digest.events }} events in all; the rest is in the event log{% endif %}{% endif %}`,
      '{% if system %}\nAt: {{ event.time }} ({{ event.type }}){% endif %}',
      '\n{{ notAWarning }}',
    ].join(''),
  },
};
