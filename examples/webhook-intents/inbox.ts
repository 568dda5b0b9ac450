/** Messages that wait for their turn, behind the webhook's answer. Both lists have a bound. */
import { setTimeout as after } from 'node:timers/promises';
import { Inject, Injectable, Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Assistant } from './assistant.ts';
import type { TextMessage } from './payload.ts';
import { type Settings, settingsToken } from './settings.ts';

const atOnce = 4;
const rememberedIds = 10_000;

@Injectable()
export class Inbox implements OnApplicationShutdown {
  private readonly log = new Logger('Inbox');
  private readonly waiting: TextMessage[] = [];
  private readonly seen = new Set<string>();
  private readonly running = new Set<Promise<void>>();

  constructor(
    @Inject(settingsToken) private readonly settings: Settings,
    private readonly assistant: Assistant,
  ) {}

  /** Takes messages, each id once. False if there is no room for all: then it has taken none, and they will be delivered again. */
  take(messages: readonly TextMessage[]): boolean {
    const fresh = messages.filter(({ id }) => !this.seen.has(id));
    if (this.waiting.length + fresh.length > this.settings.queueLength) return false;
    for (const message of fresh) {
      if (this.seen.has(message.id)) continue;
      this.remember(message.id);
      this.waiting.push(message);
    }
    this.work();
    return true;
  }

  /** Resolves when nothing waits or runs. */
  async idle(): Promise<void> {
    while (this.running.size > 0) await Promise.all(this.running);
  }

  async onApplicationShutdown(): Promise<void> {
    await this.idle();
  }

  private remember(id: string): void {
    this.seen.add(id);
    const [oldest] = this.seen;
    if (this.seen.size > rememberedIds && oldest !== undefined) this.seen.delete(oldest);
  }

  private work(): void {
    while (this.running.size < atOnce) {
      const message = this.waiting.shift();
      if (message === undefined) return;
      const task = this.handle(message).finally(() => {
        this.running.delete(task);
        this.work();
      });
      this.running.add(task);
    }
  }

  /** A message that is not answered in the end is forgotten: it may be delivered again. */
  private async handle(message: TextMessage): Promise<void> {
    const { id } = message;
    for (const pause of [...this.settings.retryMs, undefined]) {
      try {
        return await this.assistant.answer(message);
      } catch (error) {
        if (pause !== undefined) {
          await after(pause);
          continue;
        }
        this.seen.delete(id);
        // Neither text nor number, and no message of an error, which may quote them: a log is no place for guests' data.
        this.log.error(`message ${id} was not answered: ${error instanceof Error ? error.name : 'unknown'}`);
      }
    }
  }
}
