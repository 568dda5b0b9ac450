/** What the URL of a PostgreSQL database asks for. */
import { AskonceError } from '../errors.ts';

export interface Target {
  /** The URL as the driver reads it, with the certificates' names and the mode of TLS as libpq understands them. */
  readonly connectionString: string;
  /** `sslmode=prefer`: TLS where the server speaks it. */
  readonly prefersTls: boolean;
  /** The URL without TLS, for a server that does not speak it. */
  readonly withoutTls: string;
  /** Host, port and database, for messages. */
  readonly place: string;
  /** The parameter `schema`, if it is there. */
  readonly schema: string | undefined;
  /** What must be in no message. */
  readonly secrets: readonly string[];
}

const modes = ['disable', 'allow', 'prefer', 'require', 'no-verify', 'verify-ca', 'verify-full'];
const tlsParameters = ['sslmode', 'ssl', 'sslrootcert', 'sslcert', 'sslkey', 'sslpassword', 'uselibpqcompat'];

/**
 * Reads a URL: `postgresql://USER:PASSWORD@HOST:PORT/DATABASE?sslmode=…`. Without `sslmode` there is no TLS, unless the
 * environment's `PGSSLMODE` says so.
 *
 * @param ownTls Whether the caller has TLS options of its own; those of the URL then count for nothing.
 * @throws AskonceError `invalid_settings`, never with the URL in it: that has a password.
 */
export function targetOf(text: string, ownTls: boolean): Target {
  const url = parsed(text);
  const { searchParams } = url;
  const schema = searchParams.get('schema') ?? undefined;
  searchParams.delete('schema');
  const plain = new URL(url);
  for (const name of tlsParameters) plain.searchParams.delete(name);
  const place = `${url.hostname || searchParams.get('host') || 'localhost'}:${url.port || '5432'}${url.pathname}`;
  const passwords = [url.password, decoded(url.password), searchParams.get('password') ?? ''];
  const mode = searchParams.get('sslmode');
  if (mode !== null && !modes.includes(mode)) throw invalid(`sslmode must be one of ${modes.join(', ')}`);
  if (mode === 'verify-ca' && !searchParams.has('sslrootcert'))
    throw invalid(
      'sslmode=verify-ca needs sslrootcert, the file of the authority; without one use verify-full',
    );
  if (mode === 'no-verify') {
    searchParams.set('sslmode', 'require');
    searchParams.delete('sslrootcert');
  }
  // Where certificates are those of public authorities, the platform has them.
  if (searchParams.get('sslrootcert') === 'system') searchParams.delete('sslrootcert');
  // `require` encrypts and does not verify, as in libpq; the driver alone would verify.
  if (mode !== null) searchParams.set('uselibpqcompat', 'true');
  const isPlain = ownTls || mode === 'disable' || mode === 'allow';
  return {
    connectionString: isPlain ? plain.href : url.href,
    withoutTls: plain.href,
    prefersTls: mode === 'prefer' && !ownTls,
    place,
    schema: schema === '' ? undefined : schema,
    secrets: passwords.filter((password) => password.length > 3),
  };
}

function parsed(text: string): URL {
  if (!URL.canParse(text)) throw invalid('the URL cannot be read');
  const url = new URL(text);
  if (url.protocol !== 'postgresql:' && url.protocol !== 'postgres:')
    throw invalid('the URL must begin with postgresql://');
  return url;
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function invalid(what: string): AskonceError {
  return new AskonceError(
    'invalid_settings',
    `PostgreSQL: ${what}. Write postgresql://USER:PASSWORD@HOST:PORT/DATABASE, with special characters percent-encoded.`,
  );
}
