// quick A/B: engine only, arguments: node options
import { mkdtempSync, mkdirSync } from 'node:fs';
import { startDavylampFor, CONNECTIONS } from './contestant.ts';
import { startLoad } from './load.ts';
const args = process.argv.slice(2);
const dir = mkdtempSync('/tmp/davy-quick-');
const phases = [1500, 4000];
const engine = await startDavylampFor(dir, { kind: 'duckdb' }, args);
const firstTs = Date.now() - 5500 * 1000;
const load = await startLoad({ port: engine.mqttPort, connections: CONNECTIONS, window: 128, phases, firstTs }, dir + '/load.log');
await load.play(); await engine.stored();
const c = engine.cpu(); const t=performance.now();
const r = await load.play(); await engine.stored();
const d = engine.cpu(); const s=(performance.now()-t)/1000;
console.log(JSON.stringify({ rate: Math.round(r.messages/s), mainUs: ((d.main-c.main)*1e6/r.messages).toFixed(2), allUs: ((d.all-c.all)*1e6/r.messages).toFixed(2), dir, args: args.join(' ') }));
await load.stop(); await engine.stop();
