/**
 * The keys of admin calls as the settings give them: each with a name and a role.
 */
import { z } from 'zod';

/**
 * What a caller may do, from least to most. A `viewer` reads figures, an `operator` also reads stored text and acts on
 * entries, an `admin` does all, erasure of a user's data among it.
 */
export const roleNames = ['viewer', 'operator', 'admin'] as const;

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

export const keyForm = /^[!-~]{16,1024}$/;
export const wantedKey = 'must be 16 to 1024 printable ASCII characters without spaces';
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

export const adminKeys = z
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
