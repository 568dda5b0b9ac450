/**
 * The address of the client behind a request. Proxies that the settings trust name it in X-Forwarded-For, or in Forwarded
 * (RFC 7239); what any other peer says there is ignored.
 */
import { BlockList, isIP } from 'node:net';
import { forwardedFor, plainAddress, xForwardedFor } from './forwarded.ts';

/** The parts of a request that say where it came from. */
export interface AddressedRequest {
  readonly headers: { readonly [name: string]: string | readonly string[] | undefined };
  readonly socket: { readonly remoteAddress?: string | undefined };
}

export type ClientAddress = (request: AddressedRequest) => string;

/** `trusted`: addresses and blocks (`10.0.0.0/8`) of proxies. Without any, the address is the peer's. */
export function clientAddresses(trusted: readonly string[]): ClientAddress {
  if (trusted.length === 0) return peerAddress;
  const proxies = blocksOf(trusted);
  const isProxy = (address: string) => isIP(address) !== 0 && proxies.check(address, familyOf(address));

  /**
   * From the right, where each proxy appends the peer that it saw: the first address that is no trusted proxy's. What stands
   * further left is what the client sent. An element that is no address ends the walk at the proxy that passed it on.
   */
  function behind(peer: string, elements: readonly (string | undefined)[]): string {
    let known = peer;
    for (const element of elements.toReversed()) {
      if (element === undefined) return known;
      known = element;
      if (!isProxy(known)) return known;
    }
    return known;
  }

  return (request) => {
    const peer = peerAddress(request);
    if (!isProxy(peer)) return peer;
    const { 'x-forwarded-for': listed, forwarded } = request.headers;
    const candidates = [
      ...(listed === undefined ? [] : [behind(peer, xForwardedFor(text(listed)))]),
      ...(forwarded === undefined ? [] : [behind(peer, forwardedFor(text(forwarded)))]),
    ];
    const [first = peer, second = first] = candidates;
    // A proxy sets one of the two, and passes the other on as the client sent it. Which one is not known here.
    return first === second ? first : peer;
  };
}

/** The address at the other end of the connection. */
export function peerAddress({ socket }: Pick<AddressedRequest, 'socket'>): string {
  const { remoteAddress = 'unknown' } = socket;
  return plainAddress(remoteAddress) ?? remoteAddress;
}

function text(header: string | readonly string[]): string {
  return typeof header === 'string' ? header : header.join(',');
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return address.includes(':') ? 'ipv6' : 'ipv4';
}

function blocksOf(trusted: readonly string[]): BlockList {
  const blocks = new BlockList();
  for (const block of trusted) {
    const [address = '', bits] = block.split('/', 2);
    if (bits === undefined) blocks.addAddress(address, familyOf(address));
    else blocks.addSubnet(address, Number(bits), familyOf(address));
  }
  return blocks;
}
