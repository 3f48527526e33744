import type { SystemEvent } from '../model/alarm.ts';
import type { Text } from '../model/text.ts';

/** What Davylamp says of itself as a system event: `davylamp.system.{name}`. */
export interface Notice {
  readonly name: string;
  readonly code: string;
  readonly message: Text;
  readonly details?: SystemEvent['details'];
  /** Only these receivers are told; left out = all of them. */
  readonly to?: readonly string[];
}

export const STORE_UNAVAILABLE: Notice = {
  name: 'store-unavailable',
  code: 'STORE_UNAVAILABLE',
  message: {
    en: 'the reading store does not take writes: readings wait in the journal, alarms go on',
    zh: '读数存储不可写：读数暂存于日志，报警不受影响',
  },
};

export const JOURNAL_FULL: Notice = {
  name: 'journal-full',
  code: 'JOURNAL_FULL',
  message: {
    en: 'the journal is full: devices are not acknowledged and keep their data; look at the reading store',
    zh: '日志已满：不再确认设备消息，数据留在设备侧；请检查读数存储',
  },
};

export const JOURNAL_HAS_ROOM: Notice = {
  name: 'journal-has-room',
  code: 'JOURNAL_HAS_ROOM',
  message: {
    en: 'the journal has room again: devices are acknowledged',
    zh: '日志已有空间：恢复确认设备消息',
  },
};

export function storeRecovered(downMs: number): Notice {
  const seconds = Math.round(downMs / 1000);
  return {
    name: 'store-recovered',
    code: 'STORE_RECOVERED',
    message: {
      en: `the reading store takes writes again after ${seconds} s`,
      zh: `读数存储已恢复，中断 ${seconds} 秒`,
    },
  };
}

/** `shiftMs`: by how much somebody, or the time service, set the clock of this machine; negative = back. */
export function clockSet(shiftMs: number): Notice {
  const ms = Math.abs(shiftMs);
  const isBack = shiftMs < 0;
  return {
    name: 'clock-set',
    code: 'CLOCK_SET',
    message: {
      en: `the clock of this machine was set ${isBack ? 'back' : 'forward'} by ${ms} ms: check its time service; no device is blamed for it`,
      zh: `本机时钟被向${isBack ? '后' : '前'}调整了 ${ms} 毫秒：请检查本机时间同步服务；由此产生的偏差不计为设备时钟报警`,
    },
  };
}

export function judgingFailed(device: string): Notice {
  return {
    name: 'judging-failed',
    code: 'JUDGING_FAILED',
    message: {
      en: `a reading of ${device} could not be judged: watch this device by other means, see the log`,
      zh: `设备 ${device} 的读数无法判断：请用其他方式监视该设备，并查看日志`,
    },
  };
}

/** Why a configuration was refused, by the code of the refusal. */
const REFUSALS: Readonly<Record<string, string>> = {
  CONFIGURATION_INVALID: '配置文件有错误，请改正后重新加载',
  RESTART_NEEDED: '部分配置项运行中不可更改，请改回原值或重启',
  STORE_SCHEMA_CONFLICT: '新测点与读数存储中已有的数据类型冲突',
};

export function configurationRefused(code: string, reason: string, running: string): Notice {
  return {
    name: 'configuration-refused',
    code,
    message: {
      en: `the changed configuration was not taken over, version ${running} goes on: ${reason}`,
      zh: `新配置未生效，继续使用版本 ${running}：${REFUSALS[code] ?? '加载失败，原因见日志'}。详情：${reason}`,
    },
  };
}

export function configurationReloaded(version: string): Notice {
  return {
    name: 'configuration-reloaded',
    code: 'CONFIGURATION_RELOADED',
    message: {
      en: `the configuration was taken over: version ${version} is in force`,
      zh: `配置已生效：当前版本 ${version}`,
    },
  };
}
