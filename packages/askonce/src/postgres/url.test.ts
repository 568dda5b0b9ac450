import { describe, expect, it } from 'vitest';
import { failureOf } from './failures.ts';
import { targetOf } from './url.ts';

const url = 'postgresql://ann:s3cret%21pass@db.example.com:6432/cache';

function refusal(text: string): string {
  try {
    targetOf(text, false);
  } catch (error) {
    return String(error);
  }
  throw new Error(`${text} was not refused`);
}

function modeOf(parameters: string, ownTls = false): string {
  return new URL(targetOf(`${url}?${parameters}`, ownTls).connectionString).search;
}

describe('the URL of a PostgreSQL database', () => {
  it('is passed on as it is where it says nothing of TLS', () => {
    const target = targetOf(`${url}?application_name=mine`, false);
    expect(target.connectionString).toBe(`${url}?application_name=mine`);
    expect(target).toMatchObject({
      place: 'db.example.com:6432/cache',
      prefersTls: false,
      schema: undefined,
    });
  });

  it('has the meaning of sslmode that libpq gives it', () => {
    expect(modeOf('sslmode=disable')).toBe('');
    expect(modeOf('sslmode=allow')).toBe('');
    expect(modeOf('sslmode=require')).toBe('?sslmode=require&uselibpqcompat=true');
    expect(modeOf('sslmode=verify-full&sslrootcert=system')).toBe('?sslmode=verify-full&uselibpqcompat=true');
    expect(modeOf('sslmode=no-verify&sslrootcert=ca.pem')).toBe('?sslmode=require&uselibpqcompat=true');
    const preferring = targetOf(`${url}?sslmode=prefer`, false);
    expect(preferring.prefersTls).toBe(true);
    expect(preferring.withoutTls).toBe(url);
  });

  it('says nothing of TLS where the caller has options of its own', () => {
    expect(modeOf('sslmode=require&sslrootcert=ca.pem', true)).toBe('');
  });

  it('may name the schema, which the driver does not get', () => {
    const target = targetOf(`${url}?schema=reports`, false);
    expect(target.schema).toBe('reports');
    expect(target.connectionString).toBe(url);
  });

  it('is refused without being repeated where it cannot be read', () => {
    const wrong = [
      'not a url s3cret',
      'mysql://ann:s3cret@db/cache',
      'postgresql://ann:s3cret@db:99999/cache',
      'postgresql://ann:s3cret@db/cache?sslmode=sometimes',
      'postgresql://ann:s3cret@db/cache?sslmode=verify-ca',
    ];
    for (const text of wrong) {
      expect(refusal(text)).toContain('postgresql://USER:PASSWORD@HOST:PORT/DATABASE');
      expect(refusal(text)).not.toContain('s3cret');
    }
  });
});

describe('a failure of PostgreSQL', () => {
  const target = targetOf(url, false);
  const failure = (message: string, code?: string) =>
    failureOf(Object.assign(new Error(message), code === undefined ? {} : { code }), target).message;

  it('says what to do', () => {
    expect(failure('permission denied for schema public', '42501')).toContain('Grant the role');
    expect(failure('cannot execute INSERT in a read-only transaction', '25006')).toContain('primary');
    expect(failure('could not extend file: No space left on device', '53100')).toContain('Free space');
    expect(failure('sorry, too many clients already', '53300')).toContain('max_connections');
    expect(failure('connect ECONNREFUSED 127.0.0.1:1', 'ECONNREFUSED')).toContain(
      'Check that the server runs',
    );
    expect(failure('timeout expired')).toContain('no answer in time. Check that the server runs');
    expect(failure('deadlock detected', '40P01')).toContain('It is tried again');
    expect(failure('', 'ECONNREFUSED')).toContain('ECONNREFUSED');
  });

  it('names the place and never the password', () => {
    const message = failure('no entry for ann with s3cret!pass or s3cret%21pass', '28000');
    expect(message).toContain('db.example.com:6432/cache');
    expect(message).not.toContain('s3cret');
  });

  it('has no field of the driver, which may hold values of rows', () => {
    const error = Object.assign(new Error('null value'), {
      code: '23502',
      detail: 'Failing row: my question',
    });
    expect(JSON.stringify(failureOf(error, target), Object.getOwnPropertyNames(error))).not.toContain(
      'question',
    );
    expect(failureOf(error, target).cause).toBe(undefined);
  });
});
