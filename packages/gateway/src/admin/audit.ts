/**
 * Records what admin calls change: in the log, and in the file of the audit log.
 */
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
