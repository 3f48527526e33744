import { Ajv, type AnySchema } from 'ajv';
import type { FastifySchemaCompiler } from 'fastify';

/**
 * Compiles the schemas of the routes. A body is taken as it is: Ajv's coercion would turn null into 0, and with it a
 * missing gas reading into an all-clear. What stands in a URL is text, so numbers are read from it there.
 */
export function createValidatorCompiler(): FastifySchemaCompiler<AnySchema> {
  const common = { removeAdditional: false, useDefaults: false, strict: true, strictTypes: false } as const;
  const body = new Ajv({ ...common, coerceTypes: false, allErrors: false, discriminator: true });
  const text = new Ajv({ ...common, coerceTypes: true, allErrors: true });
  return ({ schema, httpPart }) => (httpPart === 'body' ? body : text).compile(schema);
}
