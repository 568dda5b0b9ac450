/** The version of a file's schema: whether the file is this program's, and how an older one is brought up to date. */
import type { DatabaseSync } from 'node:sqlite';
import { messageOf } from '../observe/report.ts';
import { isSchemaError } from './fault.ts';

export interface FileSchema {
  /** Identifies the file as one of askonce's, so that another program's database is never touched. */
  readonly applicationId: number;
  /** Migrations from version n to n + 1; `user_version` holds the version. Append only. */
  readonly migrations: readonly string[];
}

/** A sound file that this program must not use. */
export class ForeignFile extends Error {
  readonly reason: 'newer' | 'foreign';

  constructor(reason: 'newer' | 'foreign', message: string) {
    super(message);
    this.reason = reason;
  }
}

/** The value of a numeric pragma. */
function pragma(database: DatabaseSync, name: string): number {
  const value = database.prepare(`PRAGMA ${name}`).get()?.[name];
  return typeof value === 'number' ? value : 0;
}

/** The bytes of the pages in use. Pages that were freed are used again before the file grows. */
export function usedBytes(database: DatabaseSync): number {
  const pages = pragma(database, 'page_count') - pragma(database, 'freelist_count');
  return pages * pragma(database, 'page_size');
}

/** @throws ForeignFile for a database of another program, or of a newer release. Such a file is not changed. */
export function refuseForeign(database: DatabaseSync, schema: FileSchema): void {
  if (database.isTransaction) {
    refuseNow(database, schema);
    return;
  }
  // As it is at one moment: between two looks another process may make the tables of a new file.
  database.exec('BEGIN');
  try {
    refuseNow(database, schema);
  } finally {
    database.exec('COMMIT');
  }
}

function refuseNow(database: DatabaseSync, { applicationId, migrations }: FileSchema): void {
  const application = pragma(database, 'application_id');
  const version = pragma(database, 'user_version');
  const tables = database.prepare('SELECT count(*) AS count FROM sqlite_schema').get()?.['count'];
  const isNew = application === 0 && version === 0 && tables === 0;
  if (application !== applicationId && !isNew) {
    throw new ForeignFile('foreign', 'The file is a database of another program. Name another file.');
  }
  if (version > migrations.length) {
    const message = `The file has schema version ${version}, and this release supports ${migrations.length}. Name another file.`;
    throw new ForeignFile('newer', message);
  }
}

/** Whether the file has the newest schema of this release. */
export function isCurrent(database: DatabaseSync, { migrations }: FileSchema): boolean {
  return pragma(database, 'user_version') === migrations.length;
}

/**
 * Brings the schema up to date in one transaction. Of several processes one does it, and the others find it done.
 *
 * @throws ForeignFile as {@link refuseForeign} does; Error without an SQLite code if the tables are not as their version
 *   says: that is no damage, and such a file is left as it is
 */
export function migrate(database: DatabaseSync, schema: FileSchema): void {
  const { applicationId, migrations } = schema;
  if (isCurrent(database, schema)) return;
  database.exec('BEGIN IMMEDIATE');
  try {
    // Read again: another process, even one of a newer release, may have migrated the file while this one waited.
    refuseForeign(database, schema);
    for (const statements of migrations.slice(pragma(database, 'user_version'))) database.exec(statements);
    database.exec(
      `PRAGMA application_id = ${applicationId}; PRAGMA user_version = ${migrations.length}; COMMIT`,
    );
  } catch (error) {
    if (database.isTransaction) database.exec('ROLLBACK');
    if (!isSchemaError(error)) throw error;
    const message = `The tables of the file are not those of its version and cannot be updated: ${messageOf(error)}. Restore the file from a backup, or move it away.`;
    throw new Error(message, { cause: error });
  }
}
