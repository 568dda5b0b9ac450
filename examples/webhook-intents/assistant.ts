/** Answers a message: what is it about, then the reply to that. */
import { Inject, Injectable } from '@nestjs/common';
import { Classifier } from './classifier.ts';
import type { TextMessage } from './payload.ts';
import { Replies } from './replies.ts';
import { type Sender, senderToken } from './settings.ts';

@Injectable()
export class Assistant {
  constructor(
    private readonly classifier: Classifier,
    private readonly replies: Replies,
    @Inject(senderToken) private readonly send: Sender,
  ) {}

  async answer({ from, text }: TextMessage): Promise<void> {
    const classified = await this.classifier.classify(text);
    await this.send(from, await this.replies.replyTo(classified));
  }
}
