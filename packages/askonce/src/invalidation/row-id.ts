/**
 * Ids of rows: `origin`, or `origin~again` where a row that was lost has been appended again.
 *
 * The origin tells that it is the same row. The whole id is never given twice, so that number and id together name one
 * place in one history: a row may be lost, appended again under the number that it had in a history that was lost, too.
 */
import { randomBytes } from 'node:crypto';

export function newRowId(): string {
  return randomBytes(8).toString('hex');
}

export function originOf(id: string): string {
  const at = id.indexOf('~');
  return at < 0 ? id : id.slice(0, at);
}

export function idAgain(id: string): string {
  return `${originOf(id)}~${newRowId()}`;
}
