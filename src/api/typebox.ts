import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Static, type TSchema, type TUnsafe, Type } from '@sinclair/typebox';
import type { FastifyBaseLogger, FastifyInstance, FastifyTypeProvider, RawServerDefault } from 'fastify';

type ReadonlyDeep<T> = T extends object ? { readonly [K in keyof T]: ReadonlyDeep<T[K]> } : T;

/** Gives a route the types of its TypeBox schemas: what it is handed, and what it must answer. */
export interface TypeBoxProvider extends FastifyTypeProvider {
  readonly validator: this['schema'] extends TSchema ? Static<this['schema']> : unknown;
  readonly serializer: this['schema'] extends TSchema ? ReadonlyDeep<Static<this['schema']>> : unknown;
}

/** The HTTP server the routes are added to. */
export type Api = FastifyInstance<
  RawServerDefault,
  IncomingMessage,
  ServerResponse,
  FastifyBaseLogger,
  TypeBoxProvider
>;

/** One of the given words. */
export function words<const W extends readonly string[]>(
  values: W,
  options: { description?: string; default?: W[number] } = {},
): TUnsafe<W[number]> {
  return Type.Unsafe<W[number]>({ type: 'string', enum: [...values], ...options });
}

/** The value, or null where there is none. */
export function nullable<T extends TSchema>(schema: T) {
  return Type.Union([schema, Type.Null()]);
}

/** A reference to a schema with an `$id` that the server knows: named once in the OpenAPI document. */
export function named<T extends TSchema>(schema: T): TUnsafe<Static<T>> {
  return Type.Unsafe<Static<T>>({ $ref: `${schema.$id}#` });
}

/** A list as every list route answers it. */
export function listOf<T extends TSchema, N extends TSchema>(items: T, next: N) {
  return Type.Object({ items: Type.Array(items), next: nullable(next) });
}
