/** Calls of the language model, at a provider that speaks OpenAI's protocol. */
import { Inject, Injectable } from '@nestjs/common';
import type { Usage } from 'askonce';
import { z } from 'zod';
import { type Settings, settingsToken } from './settings.ts';

const completion = z.looseObject({
  model: z.string(),
  choices: z.array(z.looseObject({ message: z.looseObject({ content: z.string() }) })).min(1),
  usage: z.looseObject({ prompt_tokens: z.number(), completion_tokens: z.number() }),
});

export interface Said {
  readonly text: string;
  readonly model: string;
  readonly usage: Usage;
}

@Injectable()
export class Model {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  /** What the model says to a message under an instruction. `wantsJson`: it must be a JSON object. */
  async ask(instruction: string, message: string, wantsJson: boolean, signal: AbortSignal): Promise<Said> {
    const { baseUrl, apiKey, name } = this.settings.model;
    const response = await fetch(`${baseUrl}/chat/completions`, {
      method: 'POST',
      headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        model: name,
        messages: [
          { role: 'system', content: instruction },
          { role: 'user', content: message },
        ],
        ...(wantsJson && { response_format: { type: 'json_object' } }),
      }),
      signal,
    });
    if (!response.ok) throw new Error(`the provider answered ${response.status}`);
    const { model, choices, usage } = completion.parse(await response.json());
    const [choice] = choices;
    return {
      text: choice?.message.content ?? '',
      model,
      usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
    };
  }
}
