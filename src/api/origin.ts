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
    (isLoopback(host.name) || host.name === settings.host || (settings.insecure && isIP(host.name) !== 0));
  if (!isOurs) {
    throw new AppError('HOST_REFUSED', 'Ask by address, as localhost, or by the name that http.host says.');
  }
  const { origin } = request.headers;
  if (request.method === 'GET' || request.method === 'HEAD' || origin === undefined) return;
  if (authorityOf(origin) !== host.authority) {
    throw new AppError('ORIGIN_REFUSED', 'A page of another site may not send commands.');
  }
}

function hostOf(header: string): { name: string; authority: string } | null {
  // WHATWG URL would take credentials, paths and odd spellings of 127.0.0.1 here.
  if (!/^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]{1,5})?$/.test(header)) return null;
  const url = urlOf(`http://${header}`);
  return url && { name: url.hostname.replace(/^\[|\]$/g, ''), authority: url.host };
}

function authorityOf(origin: string): string | null {
  const url = urlOf(origin);
  return url && (url.protocol === 'http:' || url.protocol === 'https:') ? url.host : null;
}

function urlOf(text: string): URL | null {
  try {
    return new URL(text);
  } catch {
    return null;
  }
}
