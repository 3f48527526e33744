import type { IncomingHttpHeaders } from 'node:http';
import { BlockList, isIP, isIPv4 } from 'node:net';
import { AppError } from '../model/error.ts';

const LOOPBACK = new BlockList();
LOOPBACK.addSubnet('127.0.0.0', 8, 'ipv4');
LOOPBACK.addAddress('::1', 'ipv6');

/** True for an address or name that no other host can reach. */
export function isLoopback(host: string): boolean {
  if (host === 'localhost') return true;
  return isIP(host) !== 0 && LOOPBACK.check(host, isIPv4(host) ? 'ipv4' : 'ipv6');
}

/**
 * Refuses what a web page somewhere else can make a browser on this host send, since there are no identities yet.
 *
 * A page whose name was rebound to our address still names itself in `Host`; an address there cannot be rebound. A
 * form or script of another site names itself in `Origin` when it posts.
 *
 * @throws AppError `HOST_REFUSED`, `ORIGIN_REFUSED`
 */
export function assertOwnOrigin(
  request: { readonly method: string; readonly headers: IncomingHttpHeaders },
  settings: { readonly host: string; readonly insecure: boolean },
): void {
  const host = hostOf(request.headers.host ?? '');
  const isOurs =
    host !== null &&
    (isLoopback(host.name) ||
      host.name === settings.host.toLowerCase() ||
      (settings.insecure && isIP(host.name) !== 0));
  if (!isOurs) {
    throw new AppError('HOST_REFUSED', 'Ask by address, as localhost, or by the name that http.host says.');
  }
  const { origin } = request.headers;
  if (request.method === 'GET' || request.method === 'HEAD' || origin === undefined) return;
  if (host.authority === null || authorityOf(origin) !== host.authority) {
    throw new AppError('ORIGIN_REFUSED', 'A page of another site may not send commands.');
  }
}

function hostOf(header: string): { name: string; authority: string | null } | null {
  // By its letters: to WHATWG URL, 2130706433 and credentials before a name are fine.
  const name = /^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$/.exec(header)?.[1];
  if (name === undefined) return null;
  return { name: name.replace(/^\[|\]$/g, '').toLowerCase(), authority: authorityOf(`http://${header}`) };
}

function authorityOf(origin: string): string | null {
  try {
    const { protocol, host } = new URL(origin);
    return protocol === 'http:' || protocol === 'https:' ? host : null;
  } catch {
    return null;
  }
}
