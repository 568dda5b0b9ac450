/**
 * Addresses in the settings: a host and a port in one text, and which hosts are this machine alone.
 */
import { z } from 'zod';

export interface Address {
  readonly host: string;
  readonly port: number;
}

const form = /^(?:\[([0-9A-Fa-f:.]{2,45})\]|([A-Za-z0-9._-]{1,253})):(\d{1,5})$/;

/** `host:port`; an IPv6 address is in brackets. */
export const address: z.ZodType<Address, string> = z
  .string()
  .regex(form, 'must be host:port, such as 10.0.0.5:6379 or [::1]:6379')
  .transform(split)
  .refine(({ port }) => port <= 65_535, 'must have a port of at most 65535')
  .describe('host:port');

function split(text: string): Address {
  const [, bracketed, plain, port] = form.exec(text) ?? [];
  return { host: bracketed ?? plain ?? '', port: Number(port) };
}

/** The address as text: `10.0.0.5:6379`, `[::1]:6379`. */
export function addressText({ host, port }: Address): string {
  return `${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Whether the address that a server listens on reaches this machine only. */
export function isLoopback(host: string): boolean {
  return isLoopbackName(host.toLowerCase()) || host === '::1';
}

/** Whether a host name in lower case, as a Host header has it, names this machine. */
export function isLoopbackName(name: string): boolean {
  return (
    name === 'localhost' ||
    name === '[::1]' ||
    /^127(?:\.(?:\d|[1-9]\d|1\d\d|2[0-4]\d|25[0-5])){3}$/.test(name)
  );
}
