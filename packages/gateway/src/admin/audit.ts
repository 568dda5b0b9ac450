/**
 * Records what admin calls change: in the log, and in the file of the audit log.
 */
import type { GatewayLog } from '../log/log.ts';
import type { Caller } from './caller.ts';

/** The parts of a call that its record names. */
interface AuditedCall {
  readonly caller: Caller;
  readonly requestId: string;
}

/**
 * Records a change. The fields hold no content, and no names of users in clear text. It never rejects: trouble of the
 * audit log is reported by its health, and holds up no call.
 */
export type Audit = (
  call: AuditedCall,
  what: string,
  fields: Readonly<Record<string, unknown>>,
) => Promise<void>;

export function auditing(log: Pick<GatewayLog, 'audit'>): Audit {
  return async ({ caller, requestId }, what, fields) => {
    const { name, role, credential, address } = caller;
    log.audit(what, { ...fields, by: role, caller: name, credential, address, requestId });
  };
}
