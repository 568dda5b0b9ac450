/**
 * The settings of admin calls: the keys that may make them, each with its role, and the address that they have of their own.
 */
import { isIP } from 'node:net';
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';
import { address, isLoopbackName } from './address.ts';
import {
  type AdminKey,
  adminKeyName,
  adminKeys,
  keyForm,
  type Role,
  roleNames,
  wantedKey,
} from './admin-keys.ts';

const wantedUrl =
  'must be an https or http URL without user name and password, such as https://id.example/jwks.json';

function isKeySetUrl(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password, hash } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '' && hash === '';
}

const wantedBlock =
  'must be an address or a block of addresses, such as 192.0.2.7, 10.0.0.0/8 or 2001:db8::/32';

function isBlock(text: string): boolean {
  const [, address = '', bits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(text) ?? [];
  const longest = isIP(address) === 4 ? 32 : 128;
  return isIP(address) !== 0 && (bits === undefined || Number(bits) <= longest);
}

export const accessSettings = {
  adminKey: secretSetting(
    'ASKONCE_ADMIN_KEY',
    optional(z.string().regex(keyForm, wantedKey)),
    undefined,
    'Key for the admin calls (`Authorization: Bearer KEY`), at least 16 characters. Its role is `admin`. There are admin calls if any way of access is set: this key, `adminKeys`, `adminJwtSecret` or `adminJwksUrl`.',
  ),
  adminKeys: secretSetting(
    'ASKONCE_ADMIN_KEYS',
    adminKeys,
    [],
    'Further keys for admin calls, each with a name and a role (`viewer`, `operator` or `admin`): name:role:key, separated by commas. In a file also [{"name": "dashboard", "role": "viewer", "key": "…"}].',
  ),
  adminJwtSecret: secretSetting(
    'ASKONCE_ADMIN_JWT_SECRET',
    optional(
      z
        .string()
        .max(4096)
        .refine((secret) => Buffer.byteLength(secret) >= 32, 'must have at least 32 bytes'),
    ),
    undefined,
    'Secret of at least 32 bytes that signs tokens for admin calls (JWT, HS256). A token has `exp`, a role and, as `sub`, the name of the caller.',
  ),
  adminJwksUrl: setting(
    'ASKONCE_ADMIN_JWKS_URL',
    optional(z.string().max(4096).refine(isKeySetUrl, wantedUrl)),
    undefined,
    'URL of the key set (JWKS) of an identity provider whose tokens may make admin calls. Signed by RSA, ECDSA or EdDSA; the keys are fetched when first needed, and again when a token names a new one. Set `adminJwtAudience` too, or a token for another application of that provider is accepted.',
  ),
  adminJwtIssuer: setting(
    'ASKONCE_ADMIN_JWT_ISSUER',
    optional(z.string().min(1).max(2048)),
    undefined,
    'Issuer (`iss`) that tokens must have. Unset: any.',
  ),
  adminJwtAudience: setting(
    'ASKONCE_ADMIN_JWT_AUDIENCE',
    z.array(z.string().min(1).max(2048)).max(32),
    [],
    'Audiences (`aud`), one of which tokens must have. Empty: any.',
  ),
  adminJwtRoleClaim: setting(
    'ASKONCE_ADMIN_JWT_ROLE_CLAIM',
    z.string().min(1).max(256),
    'role',
    'Claim with the role (`viewer`, `operator` or `admin`), or a list of which one is a role. Names with dots lead into objects, such as `realm_access.roles`.',
  ),
  adminListen: setting(
    'ASKONCE_ADMIN_LISTEN',
    optional(address),
    undefined,
    'Separate address (host:port) for the admin calls and the metrics. Without it they are served on the main port, and only if that is on loopback. Without any way of access (`adminKey`) it serves metrics and health alone.',
  ),
  trustedProxies: setting(
    'ASKONCE_TRUSTED_PROXIES',
    z.array(z.string().refine(isBlock, wantedBlock)).max(256),
    [],
    'Addresses and blocks (`10.0.0.0/8`, `2001:db8::/32`) of the reverse proxies in front of the gateway. From these alone X-Forwarded-For or Forwarded is believed to name the client, for the limits and the log of admin calls and for the audit log. Empty: the client is the peer of the connection.',
  ),
  adminRate: setting(
    'ASKONCE_ADMIN_RATE',
    z.number().positive().max(100_000),
    10,
    'Admin calls that one caller may make, in calls a second. A caller is a key or the subject of a token, at one address (with IPv6: one /64); calls without a key count for their address. Further ones are refused with a 429.',
  ),
  adminBurst: setting(
    'ASKONCE_ADMIN_BURST',
    z.number().int().positive().max(100_000),
    20,
    'Admin calls that one caller may make at once, before `adminRate` limits it.',
  ),
  auditMaxBytes: setting(
    'ASKONCE_AUDIT_MAX_BYTES',
    z.number().int().min(4096),
    10 * 1024 * 1024,
    'Size at which a file of the audit log is full, in bytes. It is then renamed to `audit.1.jsonl`, and a new `audit.jsonl` begins.',
  ),
  auditFiles: setting(
    'ASKONCE_AUDIT_FILES',
    z.number().int().min(0).max(1000),
    5,
    'Number of files of the audit log in the data folder; beyond it the oldest is removed. 0: no file; changes are in the log alone.',
  ),
} as const satisfies Record<string, Setting<unknown>>;

interface Keys {
  readonly adminKey: string | undefined;
  readonly adminKeys: readonly AdminKey[];
}

interface WaysOfAccess extends Keys {
  readonly adminJwtSecret: string | undefined;
  readonly adminJwksUrl: string | undefined;
}

/** Whether any way of access is set. Without one there are no admin calls. */
export function hasAccess(settings: WaysOfAccess): boolean {
  return keysIn(settings).length > 0 || hasTokens(settings);
}

/** Whether tokens may make admin calls. */
export function hasTokens({
  adminJwtSecret,
  adminJwksUrl,
}: Pick<WaysOfAccess, 'adminJwtSecret' | 'adminJwksUrl'>): boolean {
  return adminJwtSecret !== undefined || adminJwksUrl !== undefined;
}

/** Every key of the settings. */
export function keysIn({ adminKey, adminKeys: further }: Keys): readonly AdminKey[] {
  const first = { name: adminKeyName, role: 'admin', key: adminKey ?? '' } as const;
  return adminKey === undefined ? further : [first, ...further];
}

/** Every key of the settings without its name, the one with most rights first. */
export function keysByRole(settings: Keys): readonly Pick<AdminKey, 'role' | 'key'>[] {
  const keys = keysIn(settings).map(({ role, key }) => ({ role, key }));
  return keys.toSorted((one, other) => rank(other.role) - rank(one.role));
}

function rank(role: Role): number {
  return roleNames.indexOf(role);
}

/** The ways of access that are set, in words: `with the key of ASKONCE_ADMIN_KEY`. */
export function accessText({ adminKey, adminKeys: further, ...tokens }: WaysOfAccess): string {
  const ways = [
    ...(adminKey === undefined ? [] : ['the key of ASKONCE_ADMIN_KEY']),
    ...(further.length === 0 ? [] : ['a key of ASKONCE_ADMIN_KEYS']),
    ...(hasTokens(tokens) ? ['a token'] : []),
  ];
  return `with ${ways.join(' or ')}`;
}

/** What the operator should know of the ways of access, a line each. */
export function accessWarnings({
  adminJwksUrl,
  adminJwtAudience,
}: {
  readonly adminJwksUrl: string | undefined;
  readonly adminJwtAudience: readonly string[];
}): readonly string[] {
  if (adminJwksUrl === undefined) return [];
  const { protocol, hostname } = new URL(adminJwksUrl);
  const isOpen = protocol === 'http:' && !isLoopbackName(hostname);
  return [
    ...(adminJwtAudience.length === 0
      ? [
          'ASKONCE_ADMIN_JWKS_URL: every token of that identity provider is accepted, also one for another application; set ASKONCE_ADMIN_JWT_AUDIENCE',
        ]
      : []),
    ...(isOpen
      ? [
          'ASKONCE_ADMIN_JWKS_URL: keys that are fetched by http can be replaced on the way, and with them anyone may make admin calls; use https',
        ]
      : []),
  ];
}
