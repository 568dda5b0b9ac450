/**
 * A yes or no from a model behind an OpenAI-compatible address (`POST {base}/chat/completions`).
 *
 * The texts that it is asked about are data of other people: they are sent as one JSON object, which no text can break out
 * of, and only a plain yes or no counts as an answer. No text, key or answer is part of an error.
 */
import type { Usage } from '../../entry/entry.ts';
import type { JsonValue } from '../../json.ts';
import { openaiChat } from '../../protocol/openai/chat/protocol.ts';
import { totalUsage } from '../../protocol/usage.ts';
import type { PaidService, PricedVerdict, Verdict } from '../contract.ts';
import { baseOf, checkedKey, endpointUrl, failed, type PostFetch, postText } from '../post-json.ts';
import { chatRequest, firstQuirks, type Quirks, withoutRefused, withRoom } from './chat-request.ts';

/** US dollars per million tokens. */
export interface TokenPrices {
  readonly inputUsdPerMillion: number;
  readonly outputUsdPerMillion: number;
}

export interface ModelOptions {
  /** Such as `https://api.openai.com/v1`: what comes before `/chat/completions`. */
  readonly baseUrl: string;
  readonly model: string;
  /** Sent as `Authorization: Bearer KEY`. */
  readonly apiKey?: string | undefined;
  /** Default: the global `fetch`. */
  readonly fetch?: PostFetch | undefined;
  /** What the model costs. Default: 1 USD for a million input tokens, 4 USD for a million output tokens. */
  readonly prices?: TokenPrices | undefined;
}

export interface YesNoModel {
  /** Model and host. */
  readonly name: string;
  readonly service: PaidService;
  /** The model's answer to the instructions about the texts. */
  ask(
    instructions: string,
    texts: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<PricedVerdict>;
  usdAtMost(characters: number): number;
}

/** More than most models that are fit for this cost: the budget is rather kept than overrun. */
const dearPrices: TokenPrices = { inputUsdPerMillion: 1, outputUsdPerMillion: 4 };
const maxResponseBytes = 262_144;
/** One for each parameter that may be refused, and one for more room. */
const maxAttempts = 4;
/** Tokens of the instructions and of the object that holds the texts. */
const promptTokens = 500;

export function yesNoModel({ baseUrl, model, apiKey, fetch, prices }: ModelOptions): YesNoModel {
  const { inputUsdPerMillion, outputUsdPerMillion } = prices ?? dearPrices;
  const route = 'chat/completions';
  const url = endpointUrl(baseUrl, route);
  const what = 'the verifier';
  const endpoint = { what, url, apiKey: checkedKey(apiKey, what), fetch, maxBytes: maxResponseBytes };
  const usdOf = (input: number, output: number) =>
    (input * inputUsdPerMillion + output * outputUsdPerMillion) / 1_000_000;
  /** What the model is known not to take. */
  let quirks = firstQuirks;

  return {
    name: `${model} at ${new URL(url).host}`,
    service: { provider: baseOf(url, route), model, knowsPrices: prices !== undefined },
    // A token of a text is one character at least. An answer that is asked for anew, once, with more room costs twice.
    usdAtMost: (characters) => usdOf(promptTokens + characters, quirks.room),
    async ask(instructions, texts, signal) {
      let usd = 0;
      const used: (Usage | undefined)[] = [];
      for (let attempt = 1; ; attempt++) {
        const asked: Quirks = quirks;
        const body = chatRequest({ model, instructions, texts }, asked);
        const { status, text } = await postText(endpoint, body, signal);
        const retry = attempt < maxAttempts;
        if (status === 400 || status === 422) {
          const next = retry ? withoutRefused(asked, text) : undefined;
          if (next !== undefined) {
            quirks = next;
            continue;
          }
        }
        const answer = status >= 200 && status < 300 ? readAnswer(text) : undefined;
        if (answer === undefined)
          throw failed(what, `answered status ${status} without an answer of a model`);
        // Without usage: three characters a token, which is what English comes to, and less than most languages do.
        const { usage } = answer;
        usd += usdOf(usage?.inputTokens ?? body.length / 3, usage?.outputTokens ?? text.length / 3);
        used.push(usage);
        const next = answer.isCut && retry ? withRoom(asked) : undefined;
        if (next === undefined) {
          const { verdict } = answer;
          return { verdict: verdict ?? 'unsure', usd, usage: ofAll(used), isGarbled: verdict === undefined };
        }
        quirks = next;
      }
    },
  };
}

/** What the model answered. */
interface ModelAnswer {
  /** Undefined if it is neither yes nor no, nor a refusal. */
  readonly verdict: Verdict | undefined;
  /** Whether it was cut by the limit on tokens, which thoughts may have used up. */
  readonly isCut: boolean;
  readonly usage: Usage | undefined;
}

/** The usage of all answers; undefined if one does not state its own. */
function ofAll(used: readonly (Usage | undefined)[]): Usage | undefined {
  const known = used.filter((usage) => usage !== undefined);
  return known.length === used.length ? totalUsage(known) : undefined;
}

/** Undefined if it is no answer of a model. */
function readAnswer(text: string): ModelAnswer | undefined {
  const recording = { form: 'body', status: 200, headers: {}, body: Buffer.from(text) } as const;
  const answer = openaiChat.readAnswer(recording);
  if (answer === undefined) return undefined;
  const { finish, usage } = openaiChat.assess(recording);
  const isCut = finish === 'length';
  return {
    verdict: isCut ? undefined : finish === 'refused' || finish === 'filtered' ? 'unsure' : verdictIn(answer),
    isCut,
    usage,
  };
}

/** One word, in whatever marks of Markdown, quotes or punctuation. */
const word = /^[\s*_`~"'“”‘’«»()[\]#>.:-]*(yes|no)[\s*_`~"'“”‘’«»()[\].!,]*$/i;

function verdictIn(answer: JsonValue): Verdict | undefined {
  const said = word.exec(openaiChat.answerText(answer) ?? '')?.[1];
  if (said === undefined) return undefined;
  return said.toLowerCase() === 'yes' ? 'same' : 'different';
}
