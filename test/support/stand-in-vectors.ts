/**
 * Vectors on a PostgreSQL server that has no pgvector: JSON, compared by a function. It stands in for the extension where a test
 * is about anything else: connections, transactions, rights, several processes.
 */
import type { VectorKind } from '../../packages/askonce/src/semantic/pgvector/vector-kind.ts';
import type { PostgresDatabase } from './postgres-server.ts';

/** Makes the function, once for each database. */
export async function makeStandIn({ query }: Pick<PostgresDatabase, 'query'>): Promise<void> {
  await query(`CREATE FUNCTION cosine_distance(jsonb, jsonb) RETURNS double precision LANGUAGE sql IMMUTABLE AS $$
    SELECT 1 - sum(one::float8 * other::float8) / sqrt(sum(one::float8 ^ 2) * sum(other::float8 ^ 2))
    FROM ROWS FROM (jsonb_array_elements_text($1), jsonb_array_elements_text($2)) AS pairs (one, other) $$`);
}

export const findStandIn = async (): Promise<VectorKind> => ({
  type: () => 'jsonb',
  distance: (one, other) => `public.cosine_distance(${one}, ${other})`,
  index: () => undefined,
  settings: {},
});
