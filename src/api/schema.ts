import { type Static, Type } from '@sinclair/typebox';

/** `http` of davylamp.yaml. */
export const httpSchema = Type.Object(
  {
    host: Type.String({
      pattern: '^[A-Za-z0-9.:_-]{1,253}$',
      default: '127.0.0.1',
      faultCode: 'HOST_INVALID',
      expects: 'an address or host name, as 127.0.0.1',
      description: 'Address to listen on.',
    }),
    port: Type.Integer({
      minimum: 0,
      maximum: 65_535,
      default: 8080,
      faultCode: 'PORT_INVALID',
      expects: 'a port, 1 to 65535 (0 = any free one)',
      description: 'TCP port; 0 = any free one.',
    }),
    insecure: Type.Boolean({ default: false, description: 'Accepts an address other hosts can reach.' }),
  },
  { additionalProperties: false, default: {}, description: 'The HTTP API.' },
);

export type HttpEntry = Static<typeof httpSchema>;
