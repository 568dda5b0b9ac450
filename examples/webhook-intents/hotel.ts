/** What the hotel knows about itself, and the events by which it says that something has changed. */
import { Injectable } from '@nestjs/common';
import type { Cache } from 'askonce';
import { InjectCache } from 'askonce/nestjs';

@Injectable()
export class Hotel {
  readonly name = 'miramar';
  private prices: Readonly<Record<string, number>> = { single: 80, double: 110 };

  constructor(@InjectCache() private readonly cache: Cache) {}

  instructionFor(language: string): string {
    return `You answer guests of a hotel in the language ${language}. A night costs: ${JSON.stringify(this.prices)} euros. The guest asks about:`;
  }

  /** From then on no reply has the old prices, at any process that shares the store. Resolves with the number of replies that had. */
  async setPrices(prices: Readonly<Record<string, number>>): Promise<number> {
    this.prices = prices;
    return await this.cache.emit({ type: 'prices.changed' });
  }
}
