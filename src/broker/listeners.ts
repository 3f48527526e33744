import { readFileSync } from 'node:fs';
import net from 'node:net';
import tls from 'node:tls';
import type { MqttListener } from '../model/configuration.ts';
import { AppError } from '../model/error.ts';

/** Where a listener listens: with the port the system chose, when 0 was asked for. */
export interface Address {
  readonly host: string;
  readonly port: number;
  readonly tls: boolean;
}

export interface OpenListener {
  readonly address: Address;
  /** Reads the certificate files again for connections to come. */
  renewCertificate(): void;
  /** Takes no more connections; resolves when those it has are closed. */
  close(): Promise<void>;
}

/** What a listener does with its sockets. */
export interface SocketHandlers {
  /** A TCP connection, before any TLS: false when it must be refused. */
  accept(socket: net.Socket): boolean;
  /** A connection ready for MQTT. */
  connected(socket: net.Socket): void;
  tlsFailed(error: Error): void;
}

/** A TLS handshake and a CONNECT take no longer than this on any link that is of use. */
export const HANDSHAKE_MS = 5000;

/**
 * Opens a TCP or TLS listener.
 *
 * @throws AppError `MQTT_ANONYMOUS_NOT_LOOPBACK`, `MQTT_TLS_FILES`, `MQTT_PORT_IN_USE`, `MQTT_LISTEN_FAILED`
 */
export async function openListener(listener: MqttListener, handlers: SocketHandlers): Promise<OpenListener> {
  const { host, port } = listener;
  if (listener.anonymous && !listener.insecure && !isLoopback(host)) {
    throw new AppError(
      'MQTT_ANONYMOUS_NOT_LOOPBACK',
      `an anonymous listener on ${host} would let anybody publish; bind it to 127.0.0.1, or remove anonymous and add accounts`,
      { details: { host, port } },
    );
  }
  const server = createServer(listener, handlers);
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(listenError(listener, error)));
    server.listen({ host, port }, resolve);
  });
  // Accepting may fail for a while, for want of file descriptors: the listener goes on.
  server.removeAllListeners('error');
  server.on('error', handlers.tlsFailed);
  const bound = server.address();
  return {
    address: {
      host,
      port: typeof bound === 'object' && bound !== null ? bound.port : port,
      tls: listener.tls !== null,
    },
    renewCertificate() {
      if (server instanceof tls.Server) server.setSecureContext(readCertificate(listener));
    },
    close: () => new Promise((resolve) => server.close(() => resolve())),
  };
}

/** True for a loopback address or name. */
export function isLoopback(host: string): boolean {
  const address = host.startsWith('::ffff:') ? host.slice('::ffff:'.length) : host;
  if (address === 'localhost' || address === '::1') return true;
  return net.isIPv4(address) && address.startsWith('127.');
}

function createServer(listener: MqttListener, handlers: SocketHandlers): net.Server {
  const options = { noDelay: true, keepAlive: true, keepAliveInitialDelay: 60_000 };
  const accept = (socket: net.Socket) => {
    socket.on('error', () => {});
    if (handlers.accept(socket)) return true;
    socket.destroy();
    return false;
  };
  if (listener.tls === null) {
    return net.createServer(options, (socket) => {
      if (accept(socket)) handlers.connected(socket);
    });
  }
  const server = tls.createServer(
    {
      ...options,
      ...readCertificate(listener),
      handshakeTimeout: HANDSHAKE_MS,
      requestCert: listener.tls.clientCertificate === 'required',
      rejectUnauthorized: listener.tls.clientCertificate === 'required',
    },
    handlers.connected,
  );
  server.prependListener('connection', accept);
  server.on('tlsClientError', handlers.tlsFailed);
  return server;
}

function readCertificate(listener: MqttListener): tls.SecureContextOptions {
  const files = listener.tls;
  if (files === null) return {};
  try {
    return {
      minVersion: 'TLSv1.2',
      cert: readFileSync(files.certFile),
      key: readFileSync(files.keyFile),
      ...(files.caFile === null ? {} : { ca: readFileSync(files.caFile) }),
    };
  } catch (cause) {
    const { path = files.certFile } = cause as NodeJS.ErrnoException;
    throw new AppError('MQTT_TLS_FILES', `cannot read ${path} for the listener on ${listener.host}:${listener.port}`, {
      cause,
    });
  }
}

function listenError({ host, port }: MqttListener, error: NodeJS.ErrnoException): AppError {
  const details = { host, port };
  if (error.code === 'EADDRINUSE') {
    return new AppError(
      'MQTT_PORT_IN_USE',
      `port ${port} on ${host} is taken by another program; stop it (find it with: ss -ltnp 'sport = :${port}'), or set another port under mqtt.listeners`,
      { cause: error, details },
    );
  }
  return new AppError('MQTT_LISTEN_FAILED', `cannot listen on ${host}:${port}: ${error.message}`, {
    cause: error,
    details,
  });
}
