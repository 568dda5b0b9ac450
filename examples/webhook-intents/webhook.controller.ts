/** The webhook: it is verified once, then gets deliveries, and answers each before any work is done. */
import {
  Controller,
  ForbiddenException,
  Get,
  Header,
  HttpCode,
  Inject,
  Post,
  Query,
  type RawBodyRequest,
  Req,
  ServiceUnavailableException,
  UseGuards,
} from '@nestjs/common';
import { Inbox } from './inbox.ts';
import { textMessagesIn } from './payload.ts';
import { type Settings, settingsToken } from './settings.ts';
import { areEqual, SignatureGuard } from './signature.guard.ts';

@Controller('webhook')
export class WebhookController {
  constructor(
    @Inject(settingsToken) private readonly settings: Settings,
    private readonly inbox: Inbox,
  ) {}

  @Get()
  @Header('content-type', 'text/plain')
  verify(@Query() query: Readonly<Record<string, unknown>>): string {
    const { 'hub.mode': mode, 'hub.verify_token': token, 'hub.challenge': challenge } = query;
    const isOurs = typeof token === 'string' && areEqual(token, this.settings.verifyToken);
    if (mode !== 'subscribe' || !isOurs || typeof challenge !== 'string')
      throw new ForbiddenException('The verify token is another one.');
    return challenge;
  }

  @Post()
  @HttpCode(200)
  @UseGuards(SignatureGuard)
  receive(@Req() { rawBody }: RawBodyRequest<object>): string {
    if (this.inbox.take(textMessagesIn(rawBody?.toString() ?? ''))) return 'EVENT_RECEIVED';
    throw new ServiceUnavailableException('Too many messages are waiting; deliver it again.');
  }
}
