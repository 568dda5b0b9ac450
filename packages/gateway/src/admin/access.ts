/**
 * Who may make admin calls: identifies a caller by its key, and limits wrong keys and the calls of each caller.
 */
import type { Clock } from 'askonce';
import type { AddressedRequest, ClientAddress } from '../security/client-address.ts';
import { clientOf, type RateCount, type RateLimit, rateCount } from '../security/rate.ts';
import {
  type Caller,
  type FailureLimit,
  type Identified,
  isRefusal,
  limitedTo,
  missingCredential,
  type Refusal,
  wrongCredential,
  wrongKeys,
} from './caller.ts';
import type { KeyRing } from './keys.ts';
import type { TokenCheck } from './tokens.ts';

export interface Access {
  /** Identifies the caller. Wrong keys of one address are limited: by the usual limit, unless another is given. */
  identify(request: AddressedRequest, limit?: FailureLimit): Promise<Caller | Refusal>;
  /** As `identify`, and counts the call: each caller may make so many a second. */
  admit(request: AddressedRequest, limit?: FailureLimit): Promise<Caller | Refusal>;
  /** As `identify`, and counts nothing: for calls that other credentials may make, too. */
  known(request: AddressedRequest): Promise<Caller | Refusal>;
  /** Address of the client; behind trusted proxies the one that they name. */
  addressOf(request: AddressedRequest): string;
}

export interface AccessOptions {
  readonly keys: KeyRing;
  /** Undefined if no tokens are accepted. */
  readonly tokens?: TokenCheck | undefined;
  /** Calls that one caller may make. */
  readonly rate: RateLimit;
  readonly clientAddress: ClientAddress;
  readonly clock: Clock;
}

const bearer = /^Bearer +([\x21-\x7e]+) *$/i;
/** Three parts in base64url (RFC 7515, section 7.1). */
const tokenForm = /^[\w-]+\.[\w-]+\.[\w-]*$/;

export function openAccess({ keys, tokens, rate, clientAddress, clock }: AccessOptions): Access {
  const usual = wrongKeys(rate);
  const failuresOf = new Map<FailureLimit, RateCount>();
  const calls = rateCount(rate, clock);

  function failures(limit: FailureLimit): RateCount {
    const count = failuresOf.get(limit) ?? rateCount(limit, clock);
    failuresOf.set(limit, count);
    return count;
  }

  async function identified({ headers }: AddressedRequest): Promise<Identified | Refusal> {
    const { authorization } = headers;
    const given = typeof authorization === 'string' ? bearer.exec(authorization)?.[1] : undefined;
    if (given === undefined) return missingCredential();
    const known = keys(given);
    if (known !== undefined) return known;
    return tokens !== undefined && tokenForm.test(given) ? await tokens(given) : wrongCredential();
  }

  async function identify(request: AddressedRequest, limit = usual): Promise<Caller | Refusal> {
    const address = clientAddress(request);
    const found = await identified(request);
    // The right key is admitted in any case: many clients may share an address, and one with a wrong key must not lock
    // the operator out. A key of 16 characters cannot be guessed at any rate.
    if (!isRefusal(found)) return { ...found, address };
    // Nothing was guessed: a probe without a key must not lock out the operator behind the same address.
    if (!found.isGuess) return found;
    const count = failures(limit);
    const retryAfter = count.secondsUntilFree(address);
    if (retryAfter > 0) return limitedTo('wrong keys', retryAfter);
    count.add(address);
    return found;
  }

  return {
    identify,
    async admit(request, limit) {
      const found = await identify(request, limit);
      if (isRefusal(found) && (found.isGuess || found.retryAfter !== undefined)) return found;
      const network = clientOf(clientAddress(request));
      // Neither may one key's polling use up what another caller behind the same address has, nor one machine's what
      // another has with the same key. A space is in no name of a key and in no address.
      const client = isRefusal(found) ? network : `${found.credential} ${found.name} ${network}`;
      const retryAfter = calls.secondsUntilFree(client);
      if (retryAfter > 0) return limitedTo('admin calls', retryAfter);
      calls.add(client);
      return found;
    },
    addressOf: clientAddress,
    async known(request) {
      const found = await identified(request);
      return isRefusal(found) ? found : { ...found, address: clientAddress(request) };
    },
  };
}
