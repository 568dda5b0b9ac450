/**
 * The request that an application sends for a question, without its credential.
 */
import type { WarmRoute } from './route.ts';

export interface WarmRequest extends WarmRoute {
  readonly model: string;
  /** Names in lower case. */
  readonly headers: Readonly<Record<string, string>>;
  /** JSON. */
  readonly body: string;
}

export interface AskedQuestion {
  readonly model: string;
  readonly question?: string | undefined;
  readonly messages?: readonly unknown[] | undefined;
  readonly system?: string | undefined;
  readonly category?: string | undefined;
  readonly tags?: readonly string[] | undefined;
  readonly tenant?: string | undefined;
  readonly user?: string | undefined;
  readonly session?: string | undefined;
  readonly template?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
}

/** Anthropic demands a limit. An entry also serves requests with a lower one that its answer stays within. */
const usualMaxTokens = 4096;

/** `fields`: further fields of the body. `anthropicVersion`: for Anthropic's route. Returns what is wrong, in words, if the route has no place for a part. */
export function requestFor(
  asked: AskedQuestion,
  fields: Readonly<Record<string, unknown>>,
  route: WarmRoute,
  anthropicVersion: string,
): WarmRequest | string {
  const body = bodyOf(asked, route);
  if (typeof body === 'string') return body;
  const { model } = asked;
  return {
    ...route,
    model,
    headers: headersOf(asked, route, anthropicVersion),
    body: JSON.stringify({ model, ...body, ...fields }),
  };
}

function bodyOf(
  { question, messages, system }: AskedQuestion,
  { protocol }: WarmRoute,
): Readonly<Record<string, unknown>> | string {
  const turns = messages ?? [{ role: 'user', content: question }];
  switch (protocol) {
    case 'openai-chat': {
      if (system === undefined) return { messages: turns };
      if (turns.some(isSystem)) return 'system: the messages have a system prompt of their own';
      return { messages: [{ role: 'system', content: system }, ...turns] };
    }
    case 'anthropic-messages':
      return {
        max_tokens: usualMaxTokens,
        ...(system === undefined ? {} : { system }),
        messages: turns,
      };
    case 'openai-responses':
      return {
        ...(system === undefined ? {} : { instructions: system }),
        input: messages ?? question,
      };
    case 'openai-completions':
    case 'openai-embeddings': {
      if (messages !== undefined) return 'messages: the route takes a question';
      if (system !== undefined) return 'system: the route has no system prompt';
      return protocol === 'openai-completions' ? { prompt: question } : { input: question };
    }
  }
}

function isSystem(message: unknown): boolean {
  const role: unknown =
    typeof message === 'object' && message !== null && 'role' in message ? message.role : undefined;
  return role === 'system' || role === 'developer';
}

function headersOf(
  asked: AskedQuestion,
  { protocol }: WarmRoute,
  anthropicVersion: string,
): Readonly<Record<string, string>> {
  const { category, tags = [], tenant, user, session, template } = asked;
  const given = {
    'askonce-category': category,
    'askonce-tags': tags.length === 0 ? undefined : tags.map(inDictionary).join(', '),
    'askonce-tenant': tenant,
    'askonce-user': user,
    'askonce-session': session,
    'askonce-template': template,
  };
  const headers: Record<string, string> = {
    'content-type': 'application/json',
    ...(protocol === 'anthropic-messages' && { 'anthropic-version': anthropicVersion }),
  };
  for (const [name, value] of Object.entries(given)) if (value !== undefined) headers[name] = value;
  return { ...headers, ...asked.headers };
}

/** A tag as a member of `Askonce-Tags` (RFC 9651, section 3.2). Its names are in lower case. */
function inDictionary(tag: string): string {
  const [name = '', ...rest] = tag.split('=');
  if (rest.length === 0) return name.toLowerCase();
  return `${name.toLowerCase()}="${rest.join('=').replace(/["\\]/g, '\\$&')}"`;
}
