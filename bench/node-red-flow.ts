import { POINTS } from './site.ts';

/** Name of the measurement that the flow writes. */
export const MEASUREMENT = 'telemetry';

/** What the flow connects. */
export interface FlowSettings {
  readonly mqttPort: number;
  readonly influxHost: string;
  readonly influxPort: number;
  readonly database: string;
}

/**
 * The same job as a Node-RED flow: broker, JSON, limits and rate of each value, InfluxDB. It is built to be fast: two
 * function nodes instead of a chain of switch nodes, and batches of up to 5000 points. It has no delays, no states of
 * alarms, no dead letters, and keeps nothing on disk.
 */
export function nodeRedFlow(settings: FlowSettings): object[] {
  const at = { z: 'flow', x: 100, y: 100 };
  return [
    { id: 'flow', type: 'tab', label: 'early warning' },
    {
      id: 'server',
      type: 'influxdb',
      hostname: settings.influxHost,
      port: String(settings.influxPort),
      protocol: 'http',
      database: settings.database,
      influxdbVersion: '1.x',
      usetls: false,
    },
    {
      ...at,
      id: 'broker',
      type: 'aedes broker',
      mqtt_port: String(settings.mqttPort),
      mqtt_ws_bind: 'port',
      mqtt_ws_port: '',
      mqtt_ws_path: '',
      usetls: false,
      wires: [[], ['payload']],
    },
    functionNode(at, 'payload', PAYLOAD, 'json'),
    { ...at, id: 'json', type: 'json', property: 'payload', action: 'obj', pretty: false, wires: [['limits']] },
    functionNode(at, 'limits', LIMITS, 'batch'),
    functionNode(at, 'batch', BATCH, 'store'),
    { ...at, id: 'store', type: 'influxdb batch', influxdb: 'server', precision: 'ms', wires: [] },
  ];
}

function functionNode(at: object, id: string, func: string, next: string): object {
  return { ...at, id, type: 'function', name: id, outputs: 1, func, libs: [], wires: [[next]] };
}

/** The broker's second output gives every packet, its own heartbeats too. */
const PAYLOAD = `
const { packet } = msg.payload;
if (!packet.topic.startsWith('v1/')) return null;
return { topic: packet.topic, payload: packet.payload.toString() };
`;

const LIMITS = `
const points = ${JSON.stringify(POINTS.map(({ id, limits, risingBy }) => ({ id, limits, risingBy })))};
const devices = context.get('devices') || {};
const state = devices[msg.topic] || (devices[msg.topic] = { high: {}, low: {}, windows: {} });
const { ts, values } = msg.payload;
const alarms = [];
for (const { id, limits, risingBy } of points) {
  const value = values[id];
  if (typeof value !== 'number') continue;
  const deadband = (limits.H - limits.L) / 50;
  const high = value >= limits.HH ? 'HH' : value >= limits.H ? 'H' : '';
  const low = value <= limits.LL ? 'LL' : value <= limits.L ? 'L' : '';
  if (high !== (state.high[id] || '') && (high || value < limits.H - deadband)) {
    state.high[id] = high;
    alarms.push({ id, level: high, value, ts });
  }
  if (low !== (state.low[id] || '') && (low || value > limits.L + deadband)) {
    state.low[id] = low;
    alarms.push({ id, level: low, value, ts });
  }
  const window = state.windows[id] || (state.windows[id] = []);
  window.push([ts, value]);
  while (window[0][0] < ts - 60000) window.shift();
  let sumT = 0, sumV = 0, sumTT = 0, sumTV = 0;
  for (const [t, v] of window) {
    const x = t - window[0][0];
    sumT += x; sumV += v; sumTT += x * x; sumTV += x * v;
  }
  const spread = window.length * sumTT - sumT * sumT;
  const rise = spread > 0 ? ((window.length * sumTV - sumT * sumV) / spread) * 60000 : 0;
  if (window.length >= 5 && rise >= risingBy) alarms.push({ id, level: 'rising', value, ts });
}
context.set('devices', devices);
if (alarms.length > 0) msg.alarms = alarms;
return msg;
`;

const BATCH = `
const batch = context.get('batch') || [];
const [, site, device] = msg.topic.split('/');
batch.push({
  measurement: '${MEASUREMENT}',
  fields: msg.payload.values,
  tags: { site, device },
  timestamp: new Date(msg.payload.ts),
});
if (batch.length >= 5000) {
  clearTimeout(context.get('timer'));
  context.set('timer', null);
  context.set('batch', []);
  return { payload: batch };
}
context.set('batch', batch);
if (!context.get('timer')) {
  context.set('timer', setTimeout(() => {
    context.set('timer', null);
    const rest = context.get('batch');
    context.set('batch', []);
    if (rest.length > 0) node.send({ payload: rest });
  }, 100));
}
return null;
`;
