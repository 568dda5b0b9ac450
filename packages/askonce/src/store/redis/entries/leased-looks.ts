/**
 * Lookups that take the lease on what they do not find, in one round trip. Those of one turn of the event loop share one
 * call of the script, as reads share a command.
 */
import type { LeaseGrant } from '../../shared.ts';
import { hashTag } from '../keys.ts';
import { grantOf, takingLease } from '../leases.ts';
import { RedisScript, type Reply } from '../server/client.ts';
import type { RedisConnection } from '../server/connection.ts';
import { listOf } from '../server/replies.ts';
import { GatheredCalls } from './gathered-calls.ts';
import type { GatheredReads } from './gathered-reads.ts';

/**
 * Keys of each lookup: the entry, its lease, and the entries beside it. Arguments of each: the number of those beside it,
 * and those of `takingLease`. Replies for each lookup the values, and the grant if there is no value.
 */
const lookAndTake = new RedisScript(`${takingLease}
local replies, at = {}, 1
for arg = 1, #ARGV, 4 do
  local beside = tonumber(ARGV[arg])
  local entry, lease = KEYS[at], KEYS[at + 1]
  local values = redis.call('MGET', entry, unpack(KEYS, at + 2, at + 1 + beside))
  local is_there = false
  for place = 1, beside + 1 do if values[place] then is_there = true end end
  if is_there then replies[#replies + 1] = { values }
  else replies[#replies + 1] = { values, take(lease, nil, ARGV[arg + 1], tonumber(ARGV[arg + 2]), tonumber(ARGV[arg + 3])) }
  end
  at = at + 2 + beside
end
return replies
`);

/** Scripts that are loaded when the store opens. */
export const leasedLookScripts = [lookAndTake] as const;

/** Lookups in one call of the script, whose reply comes with its last value. */
const looksAtOnce = 32;

export interface LeasedLook {
  readonly key: string;
  readonly beside: readonly string[];
  /** The key of the lease. */
  readonly lease: string;
  readonly token: string;
  readonly leaseMs: number;
  readonly deadAfterMs: number;
}

export interface LeasedReply {
  /** The value of the entry, and of each that is beside it in its slot. */
  readonly values: readonly Reply[];
  /** Undefined if there was a value. */
  readonly grant: LeaseGrant | undefined;
}

export class LeasedLooks {
  readonly #connection: RedisConnection;
  readonly #timeoutMs: number;
  readonly #reads: GatheredReads;
  readonly #calls: GatheredCalls<LeasedLook, LeasedReply>;
  /** Reads of entries in other slots, by key: those of one turn share one. */
  #elsewhere = new Map<string, Promise<Reply>>();

  constructor(connection: RedisConnection, timeoutMs: number, reads: GatheredReads) {
    this.#connection = connection;
    this.#timeoutMs = timeoutMs;
    this.#reads = reads;
    this.#calls = new GatheredCalls({ connection, atOnce: looksAtOnce, run: (looks) => this.#run(looks) });
  }

  /** The values, and the lease: that is asked for unless the slot of the entry has one of them. */
  look(look: LeasedLook): {
    readonly reply: Promise<LeasedReply>;
    readonly values: Promise<readonly Reply[]>;
  } {
    const slot = hashTag(look.key);
    const inSlot = look.beside.filter((key) => hashTag(key) === slot);
    const elsewhere = look.beside.map((key) => (inSlot.includes(key) ? undefined : this.#readElsewhere(key)));
    const reply = this.#calls.make({ ...look, beside: inSlot });
    const values = Promise.all([reply, ...elsewhere]).then(([{ values: own }, ...others]) => {
      const left = own.slice(1);
      return [own[0], ...look.beside.map((key, at) => (inSlot.includes(key) ? left.shift() : others[at]))];
    });
    return { reply, values };
  }

  #readElsewhere(key: string): Promise<Reply> {
    const reading = this.#elsewhere.get(key) ?? this.#reads.read(key);
    this.#elsewhere.set(key, reading);
    if (this.#elsewhere.size === 1) setImmediate(() => this.#elsewhere.clear());
    return reading;
  }

  async #run(looks: readonly LeasedLook[]): Promise<readonly LeasedReply[]> {
    const keys = looks.flatMap(({ key, lease, beside }) => [key, lease, ...beside]);
    const args = looks.flatMap(({ beside, token, leaseMs, deadAfterMs }) => [
      beside.length,
      token,
      leaseMs,
      deadAfterMs,
    ]);
    const replies = listOf(await lookAndTake.run(this.#connection.client, keys, args, this.#timeoutMs));
    return replies.map((reply) => {
      const [values, grant] = listOf(reply);
      return { values: listOf(values), grant: grant === undefined ? undefined : grantOf(grant) };
    });
  }
}
