/**
 * Reports on stderr each module of OpenTelemetry that a process loads. For `node --import`.
 */
import { registerHooks } from 'node:module';

registerHooks({
  load(url, context, next) {
    if (url.includes('/@opentelemetry/')) process.stderr.write(`loaded ${url}\n`);
    return next(url, context);
  },
});
