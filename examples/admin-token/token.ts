/**
 * Prints a token for admin calls (JWT, HS256), signed with ASKONCE_ADMIN_JWT_SECRET:
 *
 *     node examples/admin-token/token.ts SUBJECT ROLE [SECONDS]
 *
 * Any JWT library does the same; this program needs none.
 */
import { createHmac } from 'node:crypto';

const secret = process.env['ASKONCE_ADMIN_JWT_SECRET'];
const [subject, role, seconds = '3600'] = process.argv.slice(2);

if (secret === undefined || subject === undefined || role === undefined) {
  console.error(
    'Set ASKONCE_ADMIN_JWT_SECRET, and name the subject and the role: viewer, operator or admin.',
  );
  process.exit(1);
}

const now = Math.floor(Date.now() / 1000);
const encoded = (part: object) => Buffer.from(JSON.stringify(part)).toString('base64url');
const content = [
  encoded({ alg: 'HS256', typ: 'JWT' }),
  encoded({ sub: subject, role, iat: now, exp: now + Number(seconds) }),
].join('.');
const signature = createHmac('sha256', secret).update(content).digest('base64url');
console.log(`${content}.${signature}`);
