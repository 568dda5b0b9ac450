/**
 * Records what admin calls change: in the log, and in the file of the audit log.
 */
import { AskonceError } from 'askonce';
import type { AuditFile } from '../log/audit-file.ts';
import type { GatewayLog } from '../log/log.ts';
import type { Caller } from './caller.ts';

/** The parts of a call that its record names. */
interface AuditedCall {
  readonly caller: Caller;
  readonly requestId: string;
}

/**
 * Records a change, and resolves once the record is on disk, so that what was answered is on record. The fields hold no
 * content, and no names of users in clear text. It never rejects, and trouble of the file holds up a call for a second at
 * most: the health reports it.
 */
export type Audit = (
  call: AuditedCall,
  what: string,
  fields: Readonly<Record<string, unknown>>,
) => Promise<void>;

export function auditing(log: Pick<GatewayLog, 'audit'>, file?: Pick<AuditFile, 'append'>): Audit {
  return async ({ caller, requestId }, what, fields) => {
    const { name, role, credential, address } = caller;
    const who = { caller: name, credential, address, requestId };
    log.audit(what, { ...fields, by: role, ...who });
    await file?.append({ what, role, ...who, ...fields });
  };
}

/** A change, in words: when it is made, and when it fails. */
interface ChangeWords {
  readonly done: string;
  readonly failed: string;
}

/**
 * Makes a change and records it, with what `result` says of it. A change that fails is recorded too, since some of it may
 * be made; one that the cache refuses as invalid is not. @throws what `change` throws
 */
export async function recorded<Value>(
  { audit, call, fields }: { audit: Audit; call: AuditedCall; fields: Readonly<Record<string, unknown>> },
  { done, failed }: ChangeWords,
  change: () => Promise<Value>,
  result: (value: Value) => Readonly<Record<string, unknown>>,
): Promise<Value> {
  let value: Value;
  try {
    value = await change();
  } catch (error) {
    const code = AskonceError.isInstance(error) ? error.code : 'unexpected';
    if (!code.startsWith('invalid_')) await audit(call, failed, { ...fields, code });
    throw error;
  }
  await audit(call, done, { ...fields, ...result(value) });
  return value;
}
