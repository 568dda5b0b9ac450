/**
 * The events that accounts are made of.
 */
import type { Usage } from '../../entry/entry.ts';
import type { ObservedEvent, RequestEvent, RequestFacts } from '../../observe/events.ts';
import type { Dimensions } from '../contract.ts';
import type { PricedAnswer } from '../pricing/contract.ts';
import { shortName } from './names.ts';

const bookedTypes = [
  'hit',
  'miss',
  'answered',
  'negative',
  'bypass',
  'provider-answer',
  'provider-failure',
  'stored',
  'refused',
  'semantic-call',
] as const satisfies readonly ObservedEvent['type'][];

type BookedType = (typeof bookedTypes)[number];

export type BookedEvent = Extract<ObservedEvent, { readonly type: BookedType }>;
/** What adds to the figures: a `miss` does not, since what follows it does. */
export type CountedEvent = Exclude<BookedEvent, { readonly type: 'miss' }>;
export type BookedRequestEvent = RequestFacts & Extract<RequestEvent, { readonly type: BookedType }>;
export type ClosingEvent = Extract<
  BookedRequestEvent,
  { readonly type: 'hit' | 'answered' | 'negative' | 'bypass' }
>;

/** Of what books are not kept in figures of requests: the ledger lists it. */
export const typesOfAccounts: ReadonlySet<ObservedEvent['type']> = new Set([...bookedTypes, 'maintenance']);

const types: ReadonlySet<string> = new Set(bookedTypes);

export function isBooked(event: ObservedEvent): event is BookedEvent {
  return types.has(event.type);
}

/** Whether a request has ended. */
export function isClosing(event: BookedEvent): event is ClosingEvent {
  const { type } = event;
  return type === 'hit' || type === 'answered' || type === 'negative' || type === 'bypass';
}

/**
 * Whether the event shows that the provider, or the cache on its behalf, has served the request. The names of requests that
 * are refused may be the caller's invention.
 */
export function isServed(event: CountedEvent): boolean {
  switch (event.type) {
    case 'hit':
    case 'stored':
    // Its names are from the settings.
    case 'semantic-call':
      return true;
    case 'provider-answer':
      return event.status < 400;
    case 'answered':
      return (
        (event.by === 'call' || event.by === 'flight') && event.status !== undefined && event.status < 400
      );
    default:
      return false;
  }
}

/** Names as the event has them, in any number. */
export function dimensionsOf(event: BookedEvent): Dimensions {
  if (event.type === 'semantic-call') {
    const { provider, model } = event;
    return {
      provider,
      protocol: '',
      model: shortName(model),
      language: '',
      category: '',
      template: '',
      tenant: '',
    };
  }
  return {
    provider: event.provider,
    protocol: event.protocol,
    model: shortName(modelOf(event)),
    language: shortName(event.language),
    category: shortName(event.category),
    template: shortName(event.template),
    tenant: shortName(event.tenantDigest),
  };
}

/** The model that was asked for; of a request that was not read, the one that the answer names. '' if neither is known. */
export function modelOf(event: BookedRequestEvent): string {
  return event.subject === '' ? (answeringModelOf(event) ?? '') : event.subject;
}

/** The model that the answer names. */
function answeringModelOf(event: BookedRequestEvent): string | undefined {
  switch (event.type) {
    case 'hit':
    case 'answered':
    case 'provider-answer':
    case 'stored':
      return event.model;
    default:
      return undefined;
  }
}

/** The answer that was saved, shared or billed by an event, as it is priced; undefined if none was. */
export function pricedAnswerOf(event: BookedEvent, at: number): PricedAnswer | undefined {
  switch (event.type) {
    case 'hit':
      return priced(event, event.usage, at);
    case 'answered': {
      const usage = sharedUsageOf(event);
      if (event.by === 'flight') return isBilled(event.status, usage) ? priced(event, usage, at) : undefined;
      return usage && priced(event, usage, at);
    }
    case 'provider-answer':
      return isBilled(event.status, event.usage) ? priced(event, event.usage, at) : undefined;
    case 'provider-failure':
      // Providers bill what they had generated when the call was cancelled, and do not say what that was.
      return event.cause === 'abandoned' ? priced(event, undefined, at) : undefined;
    case 'semantic-call': {
      const { part, provider, model, usage } = event;
      const protocol = part === 'embedder' ? 'openai-embeddings' : 'openai-chat';
      return { provider, protocol, model, usage, at, otherwise: 'nothing' };
    }
    default:
      return undefined;
  }
}

/** What was used by the answers that a missed request got from others. */
export function sharedUsageOf(event: Extract<BookedEvent, { readonly type: 'answered' }>): Usage | undefined {
  if (event.by === 'flight') return event.savedUsage ?? event.usage;
  // Parts that entries would have answered save nothing where the caller is answered an error.
  const isAnswered = event.status === undefined || event.status < 400;
  return event.by === 'call' && isAnswered ? event.savedUsage : undefined;
}

/** An error costs nothing unless it reports what it used. */
function isBilled(status: number | undefined, usage: Usage | undefined): boolean {
  return usage !== undefined || (status !== undefined && status < 400);
}

function priced(event: BookedRequestEvent, usage: Usage | undefined, at: number): PricedAnswer {
  const { provider, protocol, subject } = event;
  return { provider, protocol, model: answeringModelOf(event) ?? subject, asked: subject, usage, at };
}
