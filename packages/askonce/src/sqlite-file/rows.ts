/**
 * Statements whose rows are arrays: what reads many rows need not make an object for each.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';

/** Makes the function that prepares them. */
export function rowStatements(database: DatabaseSync): (sql: string) => StatementSync {
  return (sql) => {
    const statement = database.prepare(sql);
    statement.setReturnArrays(true);
    return statement;
  };
}
