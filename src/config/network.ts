import { isIP } from 'node:net';

/** True for a host only this machine can reach. */
export function isLoopback(host: string): boolean {
  return /^(localhost|127\.\d{1,3}\.\d{1,3}\.\d{1,3}|::1|\[::1\])$/i.test(host);
}

/** False for what looks like an address and is none, as 10.0.0.300. */
export function isHost(host: string): boolean {
  if (/^[0-9.]+$/.test(host)) return isIP(host) === 4;
  return !host.includes(':') || isIP(host) === 6;
}
