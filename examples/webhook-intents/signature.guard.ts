/** Lets pass what Meta has signed: `X-Hub-Signature-256` is an HMAC over the very bytes of the body. */
import { createHmac, timingSafeEqual } from 'node:crypto';
import {
  type CanActivate,
  type ExecutionContext,
  Inject,
  Injectable,
  type RawBodyRequest,
  UnauthorizedException,
} from '@nestjs/common';
import { type Settings, settingsToken } from './settings.ts';

interface SignedRequest {
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
}

@Injectable()
export class SignatureGuard implements CanActivate {
  constructor(@Inject(settingsToken) private readonly settings: Settings) {}

  canActivate(context: ExecutionContext): boolean {
    const { headers, rawBody } = context.switchToHttp().getRequest<RawBodyRequest<SignedRequest>>();
    const given = headers['x-hub-signature-256'];
    const hmac = createHmac('sha256', this.settings.appSecret).update(rawBody ?? '');
    if (typeof given === 'string' && areEqual(given, `sha256=${hmac.digest('hex')}`)) return true;
    throw new UnauthorizedException('The body is not signed with the secret of the app.');
  }
}

/** In constant time: the time that it takes does not reveal how much of a guess is right. */
export function areEqual(given: string, expected: string): boolean {
  const [one, other] = [Buffer.from(given), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
