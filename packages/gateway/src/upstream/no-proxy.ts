/**
 * Which hosts are reached without a proxy: the list in `NO_PROXY`, as curl, Go and undici read it.
 */
import { BlockList, isIP } from 'node:net';

/** Whether the host of a URL is reached without a proxy. */
export type NoProxy = (url: URL) => boolean;

interface Entry {
  /** In lower case, without brackets, a leading dot or a trailing one; `*` for every host. */
  readonly name: string;
  readonly onlyBelow: boolean;
  readonly port: number | undefined;
}

const usualPorts: Readonly<Record<string, number>> = { 'http:': 80, 'https:': 443 };

/** Reads a list that is separated by commas or white space. What is no host, address or block matches nothing. */
export function noProxyList(text: string): NoProxy {
  const blocks = new BlockList();
  const entries: Entry[] = [];
  for (const part of text.split(/[,\s]+/)) {
    if (part !== '' && !addBlock(blocks, part)) entries.push(entryOf(part));
  }
  return ({ hostname, port, protocol }) => {
    const host = plainHost(hostname);
    const family = isIP(host);
    if (family !== 0 && blocks.check(host, family === 6 ? 'ipv6' : 'ipv4')) return true;
    const actualPort = port === '' ? usualPorts[protocol] : Number(port);
    return entries.some((entry) => matches(entry, host, actualPort));
  };
}

/** A block of addresses: `10.0.0.0/8`, `fd00::/8`. */
function addBlock(blocks: BlockList, part: string): boolean {
  const [, address = '', bits = ''] = /^\[?([0-9A-Fa-f:.]+)\]?\/(\d{1,3})$/.exec(part) ?? [];
  const family = isIP(address);
  if (family === 0 || Number(bits) > (family === 6 ? 128 : 32)) return false;
  blocks.addSubnet(address, Number(bits), family === 6 ? 'ipv6' : 'ipv4');
  return true;
}

function entryOf(part: string): Entry {
  // A bare IPv6 address holds colons that begin no port.
  const [, bracketed, plain, port] = /^(?:\[([^\]]*)\]|([^:]*)):(\d{1,5})$/.exec(part) ?? [];
  const name = bracketed ?? plain ?? part;
  return {
    name: name === '*' ? name : withoutDots(plainHost(name).replace(/^\*/, '')),
    onlyBelow: name.startsWith('*.'),
    port: port === undefined ? undefined : Number(port),
  };
}

function matches({ name, onlyBelow, port }: Entry, host: string, actualPort: number | undefined): boolean {
  if (name === '' || (port !== undefined && port !== actualPort)) return false;
  if (name === '*') return true;
  return (host === name && !onlyBelow) || host.endsWith(`.${name}`);
}

function plainHost(hostname: string): string {
  return hostname
    .toLowerCase()
    .replace(/^\[(.*)\]$/, '$1')
    .replace(/(.)\.$/, '$1');
}

function withoutDots(name: string): string {
  return name.replace(/^\./, '');
}
