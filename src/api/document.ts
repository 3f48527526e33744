import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import type { FastifySwaggerUiOptions } from '@fastify/swagger-ui';

const DESCRIPTION = `Telemetry and early warning for gas and chemical sites. Lists are \`{ items, next }\`: pass \`next\` as the
cursor of the following request until it is null. Refusals are RFC 9457 problem documents with a stable \`code\`.
Tiers are internal: Davylamp never claims to be a public warning.`;

/** The OpenAPI 3.1 document, made of the schemas of the routes. */
export function documentOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Davylamp',
        version,
        description: DESCRIPTION,
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'alarms', description: 'What is wrong now, and what was done about it' },
        { name: 'cases', description: 'Verified, disposed of, reported, closed: the closed loop beside each alarm' },
        { name: 'bypasses', description: 'What is hidden, by whom and for how long' },
        { name: 'events', description: 'The log of everything that happened to alarms' },
        { name: 'devices', description: 'What is watched, with the limits in force, and what it measured' },
        { name: 'readings', description: 'Sending telemetry, and what of it was not taken' },
        { name: 'deliveries', description: 'Who was told' },
        { name: 'reports', description: 'What the last day asks of people, and exercises' },
        { name: 'operation', description: 'Whether Davylamp itself is well' },
      ],
    },
    convertConstToEnum: false,
    refResolver: { buildLocalReference: (json, _base, _fragment, i) => String(json['$id'] ?? `def-${i}`) },
  };
}

/** Swagger UI from the installed package; the page may load nothing from anywhere else. */
export const documentPage: FastifySwaggerUiOptions = {
  routePrefix: '/docs',
  uiConfig: { docExpansion: 'list', deepLinking: true },
  staticCSP: {
    'default-src': ["'self'"],
    'img-src': ["'self'", 'data:'],
    'style-src': ["'self'", "'unsafe-inline'"],
    'frame-ancestors': ["'none'"],
    'base-uri': ["'none'"],
    'object-src': ["'none'"],
  },
};
