/**
 * A provider on a fake clock that numbers its calls and bills them: its answers take as long as they have tokens, some of
 * its calls fail, and some questions are invalid.
 */
import type { Provider, ProviderAnswer } from 'askonce';
import type { FakeClock } from 'askonce/testing';
import { apiError, json } from './chat.ts';
import { settled } from './gated-provider.ts';
import type { Arrival } from './hour-of-traffic.ts';
import { once } from './set-up-cache.ts';

export interface BilledCall {
  /** The request that it was made for. */
  readonly arrival: Arrival;
  /** When it was made, and when it was answered or failed. */
  readonly began: number;
  readonly ended: number;
  readonly failed: boolean;
  /** What it costs, in nanodollars: 0 for an error. */
  readonly nano: number;
  readonly inputTokens: number;
  readonly outputTokens: number;
  /** Whether the price is the flat rate. */
  readonly estimated: boolean;
}

/** Of an answer whose model has no price. */
const flatNano = 2_000_000;
const mostMs = 9_000;

export function billingProvider(clock: FakeClock) {
  const calls: BilledCall[] = [];
  const due: { readonly at: number; readonly answer: () => void }[] = [];
  let made = 0;

  /** The provider of an arrival: its answer has the arrival's tokens. */
  function providerOf(arrival: Arrival): Provider {
    const { model, question, inputTokens, outputTokens } = arrival;
    return async () => {
      const number = made++;
      const began = clock.now();
      const fate =
        question.length % 29 === 0
          ? 'invalid'
          : number % 37 === 1
            ? 'error'
            : number % 41 === 2
              ? 'reset'
              : 'answer';
      const { promise, resolve, reject } = Promise.withResolvers<ProviderAnswer>();
      due.push({
        at: began + Math.min(mostMs, 1 + 40 * outputTokens),
        answer() {
          const failed = fate !== 'answer';
          const { prices } = model;
          const nano =
            prices === undefined ? flatNano : prices.input * inputTokens + prices.output * outputTokens;
          calls[number] = {
            arrival,
            began,
            ended: clock.now(),
            failed,
            nano: failed ? 0 : nano,
            inputTokens: failed ? 0 : inputTokens,
            outputTokens: failed ? 0 : outputTokens,
            estimated: prices === undefined && !failed,
          };
          const text = `call ${number}`;
          if (fate === 'reset') reject(new Error('the connection was reset'));
          else if (fate === 'answer')
            resolve({
              status: 200,
              headers: json,
              body: once(answerOf(model, text, inputTokens, outputTokens)),
            });
          else
            resolve({
              status: fate === 'invalid' ? 400 : 500,
              headers: json,
              body: once(errorOf(model, text, fate === 'invalid' ? 'invalid_request_error' : 'server_error')),
            });
        },
      });
      return promise;
    };
  }

  return {
    calls,
    providerOf,
    /** Lets time pass until an instant, with an answer at a time. */
    async passTo(at: number): Promise<void> {
      for (;;) {
        due.sort((one, other) => one.at - other.at);
        const [next] = due;
        if (next === undefined || next.at > at) break;
        due.shift();
        clock.advance(Math.max(0, next.at - clock.now()));
        next.answer();
        await settled();
      }
      clock.advance(Math.max(0, at - clock.now()));
      await settled();
    },
  };
}

function answerOf(model: Arrival['model'], text: string, input: number, output: number): string {
  if (model.protocol === 'anthropic-messages')
    return JSON.stringify({
      id: 'msg_1',
      type: 'message',
      role: 'assistant',
      model: model.name,
      content: [{ type: 'text', text }],
      stop_reason: 'end_turn',
      stop_sequence: null,
      usage: { input_tokens: input, output_tokens: output },
    });
  const message = { role: 'assistant', content: text };
  return JSON.stringify({
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1_700_000_000,
    model: model.name,
    choices: [{ index: 0, message, logprobs: null, finish_reason: 'stop' }],
    usage: { prompt_tokens: input, completion_tokens: output, total_tokens: input + output },
  });
}

function errorOf(model: Arrival['model'], message: string, type: string): string {
  return model.protocol === 'anthropic-messages'
    ? JSON.stringify({ type: 'error', error: { type, message } })
    : apiError(message, type);
}

/** The number of the call that an answer is from. */
export function callIn(text: string): number {
  return Number(/call (\d+)/.exec(text)?.[1]);
}
