/** What a message is about, and in which language: asked of the model once for all that write the same, also in other words. */
import { Injectable } from '@nestjs/common';
import { askValue, type Cache } from 'askonce';
import { InjectCache } from 'askonce/nestjs';
import { z } from 'zod';
import { Model, type Said } from './model.ts';
import { isSensitive } from './sensitive.ts';

export const intents = ['greeting', 'pricing', 'availability', 'location', 'other'] as const;
export const languages = ['en', 'ru', 'es', 'pt', 'he'] as const;

const classified = z.object({ intent: z.enum(intents), language: z.enum(languages) });

export type Classified = z.infer<typeof classified>;

const instruction = `You sort messages to a hotel. Answer with JSON: {"intent": one of ${intents.join(', ')}, "language": one of ${languages.join(', ')}}.`;

@Injectable()
export class Classifier {
  constructor(
    @InjectCache() private readonly cache: Cache,
    private readonly model: Model,
  ) {}

  /** The sender is no part of the question: what one guest has asked answers all others. */
  async classify(message: string): Promise<Classified> {
    const { value } = await askValue(
      this.cache,
      {
        name: 'classify-1',
        input: { message },
        text: 'message',
        context: { sensitive: isSensitive(message) },
      },
      async (signal) => read(await this.model.ask(instruction, message, true, signal)),
      { facts: ({ usage, model }) => ({ usage, model }) },
    );
    return value.classified;
  }
}

function read({ text, usage, model }: Said) {
  // What is none of our intents throws, is not stored, and is asked again.
  return { classified: classified.parse(JSON.parse(text)), usage, model };
}
