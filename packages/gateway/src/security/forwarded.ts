/**
 * Reads the headers in which proxies name the peers that they saw. An element that names no address is undefined.
 */
import { isIP } from 'node:net';

/** The peers in X-Forwarded-For, from the client to the last proxy's. */
export function xForwardedFor(header: string): readonly (string | undefined)[] {
  return header.split(',').map((element) => addressIn(element.trim()));
}

/**
 * The peers in Forwarded (RFC 7239, section 4). Elements are cut at every comma, also at one inside of quotes, which no
 * address has: a client that opens a quote and never closes it must not hide what a proxy appends.
 */
export function forwardedFor(header: string): readonly (string | undefined)[] {
  return header.split(',').map((element) => {
    const named = element.split(';').flatMap((pair) => {
      const [, value] = /^\s*for\s*=\s*("?[^"\s]*"?)\s*$/i.exec(pair) ?? [];
      return value === undefined ? [] : [value];
    });
    const [only, ...more] = named;
    if (only === undefined || more.length > 0) return undefined;
    const [, quoted] = /^"(.*)"$/.exec(only) ?? [];
    return addressIn(quoted ?? only);
  });
}

/** `192.0.2.1`, `192.0.2.1:443`, `2001:db8::1` or `[2001:db8::1]:443`. */
function addressIn(text: string): string | undefined {
  const [, bracketed, plain] = /^(?:\[([0-9a-f:.]+)\]|([0-9.]+))(?::\d{1,5})?$/i.exec(text) ?? [];
  return plainAddress(bracketed ?? plain ?? text);
}

/** The address in one spelling: without zone, and an IPv4 address that is mapped into IPv6 as itself. */
export function plainAddress(text: string): string | undefined {
  const [address = ''] = text.toLowerCase().split('%', 1);
  const mapped = address.replace(/^::ffff:(?=\d+\.)/, '');
  return isIP(mapped) === 0 ? undefined : mapped;
}
