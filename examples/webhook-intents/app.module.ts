/** The application. */
import { type DynamicModule, Module } from '@nestjs/common';
import { AskonceModule } from 'askonce/nestjs';
import { Assistant } from './assistant.ts';
import { Classifier } from './classifier.ts';
import { Hotel } from './hotel.ts';
import { Inbox } from './inbox.ts';
import { Model } from './model.ts';
import { Replies } from './replies.ts';
import { type Sender, type Settings, senderToken, settingsToken } from './settings.ts';
import { SignatureGuard } from './signature.guard.ts';
import { WebhookController } from './webhook.controller.ts';

@Module({})
export class AppModule {
  static with(settings: Settings, send: Sender): DynamicModule {
    return {
      module: AppModule,
      imports: [AskonceModule.forRoot(settings.cache)],
      controllers: [WebhookController],
      providers: [
        { provide: settingsToken, useValue: settings },
        { provide: senderToken, useValue: send },
        ...[Assistant, Classifier, Hotel, Inbox, Model, Replies, SignatureGuard],
      ],
    };
  }
}
