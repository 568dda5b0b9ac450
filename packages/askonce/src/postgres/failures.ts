/** What the driver's errors mean to an operator. */
import { AskonceError } from '../errors.ts';
import type { Target } from './url.ts';

/** By the first characters of the SQLSTATE (PostgreSQL, appendix A); the first that fits. */
const remedies: readonly (readonly [code: string, remedy: string])[] = [
  ['28', 'Correct user and password in the URL, or let the server accept them.'],
  ['3D', 'Create the database, or correct its name in the URL.'],
  ['42501', 'Grant the role what it lacks, or let a role with more rights make the tables once.'],
  ['25006', 'The server takes no writes: connect to the primary.'],
  ['53300', 'Raise max_connections, or make the pool smaller.'],
  ['53100', 'Free space on the disk of the server.'],
];

const systemErrors = /^E[A-Z_]+$/;
/** The driver's words for a connection or an answer that does not come. */
const noAnswer =
  /^(?:Query read timeout|timeout expired|.*connection timeout|timeout exceeded when trying to connect)$/;

/**
 * An error of the driver as one of ours. It has the driver's message alone: other fields of that error may hold values of
 * rows.
 */
export function failureOf(error: unknown, target: Target): AskonceError {
  if (AskonceError.isInstance(error)) return error;
  const code = codeOf(error) ?? '';
  const said = scrubbed(messageOf(error), target);
  const what = said === '' ? code : said;
  const [, remedy] = remedies.find(([prefix]) => code.startsWith(prefix)) ?? [];
  const isConnection = systemErrors.test(code) || /no answer|terminated|TLS|SSL/i.test(said);
  const advice =
    remedy ?? (isConnection ? 'Check that the server runs and that its URL is right.' : 'It is tried again.');
  const detail = code !== '' && code !== what ? ` (${code})` : '';
  return new AskonceError(
    'store_failed',
    `PostgreSQL at ${target.place} failed: ${what}${detail}. ${advice}`,
  );
}

/** SQLSTATE, or the name of a system's error. */
function codeOf(error: unknown): string | undefined {
  const code: unknown = error instanceof Error && 'code' in error ? error.code : undefined;
  return typeof code === 'string' ? code : undefined;
}

function messageOf(error: unknown): string {
  const message = error instanceof Error ? error.message.replace(/\.$/, '') : String(error);
  return noAnswer.test(message) ? 'no answer in time' : message;
}

function scrubbed(message: string, { secrets }: Target): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, '…'), message);
}
