/** Replies, made once for each intent and language, and stored for as long as the intent's category allows. */
import { Injectable } from '@nestjs/common';
import { askValue, type Cache } from 'askonce';
import { InjectCache } from 'askonce/nestjs';
import type { Classified } from './classifier.ts';
import { Hotel } from './hotel.ts';
import { Model } from './model.ts';

/** What makes a reply outdated before its lifetime ends. */
const outdatedBy: Readonly<Partial<Record<Classified['intent'], string>>> = {
  pricing: 'prices.changed',
  availability: 'rooms.changed',
};

@Injectable()
export class Replies {
  constructor(
    @InjectCache() private readonly cache: Cache,
    private readonly hotel: Hotel,
    private readonly model: Model,
  ) {}

  async replyTo({ intent, language }: Classified): Promise<string> {
    const event = outdatedBy[intent];
    const { value } = await askValue(
      this.cache,
      {
        name: 'reply-1',
        input: { intent },
        // The category gives its lifetime: of prices days, of free rooms an hour, of a greeting none but that of its room.
        context: { category: intent, language, tags: [`hotel=${this.hotel.name}`] },
        ...(event !== undefined && { invalidateOn: [event] }),
      },
      (signal) => this.model.ask(this.hotel.instructionFor(language), intent, false, signal),
      { facts: ({ usage, model }) => ({ usage, model }) },
    );
    return value.text;
  }
}
