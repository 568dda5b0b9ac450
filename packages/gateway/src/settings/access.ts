/**
 * The settings of admin calls: the keys that may make them, each with its role, and the address that they have of their own.
 */
import { optional, type Setting, secretSetting, setting } from 'askonce/gateway-kit';
import { z } from 'zod';
import { address } from './address.ts';

/**
 * What a caller may do, from least to most. A `viewer` reads figures, an `operator` also reads stored text and acts on
 * entries, an `admin` does all, erasure of a user's data among it.
 */
const roleNames = ['viewer', 'operator', 'admin'] as const;

export type Role = (typeof roleNames)[number];

/** A key that may make admin calls. */
export interface AdminKey {
  /** Names the caller in the log and in the audit log. */
  readonly name: string;
  readonly role: Role;
  readonly key: string;
}

/** The name of the caller with `adminKey`. */
export const adminKeyName = 'admin';

const keyForm = /^[!-~]{16,1024}$/;
const wantedKey = 'must be 16 to 1024 printable ASCII characters without spaces';
const nameForm = /^[\w.@-]{1,64}$/;
const wantedName = 'must have a name of 1 to 64 letters, digits, dots, hyphens, underscores or @';
const wantedText = 'must be name:role:key, such as dashboard:viewer:KEY';

/** The whole value is never repeated in a message: it holds the key. */
const keyText = z.string().transform((text, context): AdminKey => {
  const refuse = (message: string) => {
    context.addIssue({ code: 'custom', message });
    return z.NEVER;
  };
  // A key may have colons of its own.
  const [, name, given, key] = /^([^:]*):([^:]*):(.*)$/s.exec(text.trim()) ?? [];
  if (name === undefined || given === undefined || key === undefined) return refuse(wantedText);
  if (!nameForm.test(name)) return refuse(wantedName);
  const role = roleNames.find((one) => one === given);
  if (role === undefined) return refuse(`must have a role (name:role:key): one of ${roleNames.join(', ')}`);
  if (!keyForm.test(key)) return refuse(`must have a key (name:role:key), which ${wantedKey}`);
  return { name, role, key };
});

const keyObject = z.strictObject({
  name: z.string().regex(nameForm, wantedName),
  role: z.enum(roleNames),
  key: z.string().regex(keyForm, wantedKey),
});

const adminKeys = z
  .array(z.union([keyText, keyObject]))
  .max(100)
  .superRefine((keys, context) => {
    for (const [at, { name, key }] of keys.entries()) {
      const before = keys.slice(0, at);
      const twin = before.find((one) => one.key === key);
      const message = before.some((one) => one.name === name)
        ? `must have one key for each name; ${name} has two`
        : twin && `must have a key for each name; ${twin.name} and ${name} have the same`;
      if (message === undefined) continue;
      context.addIssue({ code: 'custom', message });
      return;
    }
  });

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
  adminListen: setting(
    'ASKONCE_ADMIN_LISTEN',
    optional(address),
    undefined,
    'Separate address (host:port) for the admin calls and the metrics. Without it they are served on the main port, and only if that is on loopback. Without any way of access (`adminKey`) it serves metrics and health alone.',
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
} as const satisfies Record<string, Setting<unknown>>;

interface WaysOfAccess {
  readonly adminKey: string | undefined;
  readonly adminKeys: readonly AdminKey[];
}

/** Whether any way of access is set. Without one there are no admin calls. */
export function hasAccess(settings: WaysOfAccess): boolean {
  return keysIn(settings).length > 0;
}

/** Every key of the settings. */
export function keysIn({ adminKey, adminKeys: further }: WaysOfAccess): readonly AdminKey[] {
  const first = { name: adminKeyName, role: 'admin', key: adminKey ?? '' } as const;
  return adminKey === undefined ? further : [first, ...further];
}

/** Every key of the settings without its name, the one with most rights first. */
export function keysByRole(settings: WaysOfAccess): readonly Pick<AdminKey, 'role' | 'key'>[] {
  const keys = keysIn(settings).map(({ role, key }) => ({ role, key }));
  return keys.toSorted((one, other) => rank(other.role) - rank(one.role));
}

function rank(role: Role): number {
  return roleNames.indexOf(role);
}

/** The ways of access that are set, in words: `with the key of ASKONCE_ADMIN_KEY`. */
export function accessText({ adminKey, adminKeys: further }: WaysOfAccess): string {
  const ways = [
    ...(adminKey === undefined ? [] : ['the key of ASKONCE_ADMIN_KEY']),
    ...(further.length === 0 ? [] : ['a key of ASKONCE_ADMIN_KEYS']),
  ];
  return `with ${ways.join(' or ')}`;
}
