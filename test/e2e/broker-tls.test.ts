import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import tls from 'node:tls';
import { connectAsync } from 'mqtt';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { MqttLimits, TlsFiles } from '../../src/model/configuration.ts';
import { buildAccount, connectPacket, loopback, startBroker, type TestBroker } from '../helpers/mqtt-wire.ts';

let directory = '';
let running: TestBroker | null = null;

const path = (name: string) => join(directory, name);

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: 'pipe', cwd: directory });
}

function makeCertificate(name: string, authority: string): void {
  const subject = ['-subj', `/CN=${name}`, '-addext', 'subjectAltName=DNS:localhost,IP:127.0.0.1'];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', `${name}.key`];
  const signer = authority === name ? [] : ['-CA', `${authority}.crt`, '-CAkey', `${authority}.key`];
  openssl('req', '-x509', '-days', '2', ...key, '-out', `${name}.crt`, ...subject, ...signer);
}

beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'davylamp-tls-'));
  makeCertificate('ca', 'ca');
  makeCertificate('server', 'ca');
  makeCertificate('client', 'ca');
  makeCertificate('stranger', 'stranger');
});

afterEach(async () => {
  await running?.stop();
  running = null;
});

afterAll(() => rmSync(directory, { recursive: true, force: true }));

async function start(files: Partial<TlsFiles> = {}, limits: Partial<MqttLimits> = {}): Promise<number> {
  const certificate = { certFile: path('server.crt'), keyFile: path('server.key'), caFile: path('ca.crt') };
  running = await startBroker({
    accounts: [buildAccount('s/d')],
    limits,
    listeners: [{ ...loopback, anonymous: false, tls: { ...certificate, clientCertificate: 'none', ...files } }],
  });
  return running.port;
}

async function login(port: number, options: Record<string, unknown> = {}): Promise<void> {
  const client = await connectAsync(`mqtts://localhost:${port}`, {
    username: 's/d',
    password: 's/d-password',
    ca: readFileSync(path('ca.crt')),
    reconnectPeriod: 0,
    connectTimeout: 4000,
    ...options,
  });
  await client.publishAsync('v1/s/d/telemetry', '1', { qos: 1 });
  await client.endAsync();
}

describe('TLS listener', () => {
  it('takes clients that trust its authority, and is refused by others', async () => {
    const port = await start();
    await login(port);
    expect(running?.envelopes).toHaveLength(1);
    await expect(login(port, { ca: readFileSync(path('stranger.crt')) })).rejects.toThrow();
  });

  it('asks for a client certificate of its authority when required', async () => {
    const port = await start({ clientCertificate: 'required' });
    const certificate = (name: string) => ({
      cert: readFileSync(path(`${name}.crt`)),
      key: readFileSync(path(`${name}.key`)),
    });
    /** With TLS 1.3 the client learns of the refusal only after its own handshake. */
    const outcome = (own: object) =>
      new Promise((resolve) => {
        const socket = tls.connect({ port, host: 'localhost', ca: readFileSync(path('ca.crt')), ...own });
        socket.on('error', () => {});
        socket.once('data', () => resolve('answered'));
        socket.once('close', () => resolve('closed'));
        socket.write(connectPacket({ username: 's/d', password: 's/d-password' }));
      });
    expect(await outcome({})).toBe('closed');
    expect(await outcome(certificate('stranger'))).toBe('closed');
    await login(port, certificate('client'));
    expect(running?.envelopes).toHaveLength(1);
  });

  it('speaks nothing older than TLS 1.2', async () => {
    const port = await start();
    const outcome = await new Promise((resolve) => {
      const socket = tls.connect({
        port,
        host: 'localhost',
        rejectUnauthorized: false,
        minVersion: 'TLSv1',
        maxVersion: 'TLSv1.1',
        ciphers: 'DEFAULT@SECLEVEL=0',
      });
      socket.once('secureConnect', () => resolve('connected'));
      socket.once('error', () => resolve('refused'));
    });
    expect(outcome).toBe('refused');
  });

  it('closes connections beyond the cap before their handshake', async () => {
    const port = await start({}, { connections: 1 });
    const open = (onOpen: (socket: tls.TLSSocket) => void) =>
      new Promise((resolve) => {
        const socket = tls.connect({ port, host: 'localhost', rejectUnauthorized: false }, () => onOpen(socket));
        socket.on('error', () => {});
        socket.once('close', resolve);
      });
    await open((first) => {
      void open((second) => second.end()).then(() => first.end());
    });
    expect(running?.broker.counters().refusals.tooManyConnections).toBe(1);
  });

  it('uses a renewed certificate for new connections', async () => {
    copyFileSync(path('server.crt'), path('live.crt'));
    copyFileSync(path('server.key'), path('live.key'));
    const port = await start({ certFile: path('live.crt'), keyFile: path('live.key') });
    const subject = () =>
      new Promise((resolve, reject) => {
        const socket = tls.connect({ port, host: 'localhost', rejectUnauthorized: false });
        socket.once('error', reject);
        socket.once('secureConnect', () => {
          resolve(socket.getPeerCertificate().subject.CN);
          socket.destroy();
        });
      });
    expect(await subject()).toBe('server');
    copyFileSync(path('client.crt'), path('live.crt'));
    copyFileSync(path('client.key'), path('live.key'));
    running?.broker.renewCertificates();
    expect(await subject()).toBe('client');
  });

  it('names the file it cannot read', async () => {
    await expect(start({ certFile: path('missing.crt') })).rejects.toMatchObject({ code: 'MQTT_TLS_FILES' });
  });
});
