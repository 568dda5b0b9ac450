/**
 * A write: its answer is held until the answers that it makes outdated are invalidated. What the handler writes meanwhile
 * waits in its stream, which asks it to pause.
 */
import type { LiveBody } from '../../body/live-body.ts';
import { putAside } from './aside.ts';
import type { Exchange } from './endpoint-request.ts';
import { writeError, writeReply } from './reply.ts';

export async function answerWrite<Raw>(exchange: Exchange<Raw>): Promise<void> {
  const { endpoint, asked, request, response, before, next } = exchange;
  const aside = putAside(request, response, { before });
  next();
  let answer: Awaited<typeof aside.answer>;
  try {
    answer = await aside.answer;
  } catch {
    aside.real(() => response.destroy());
    return;
  }
  if (answer.status < 200 || answer.status > 399) {
    writeReply(response, answer, aside);
    return;
  }
  // A handler that goes on may still be writing its data: readers meanwhile may have stored what was there before.
  const isWhole = aside.hasEnded();
  try {
    await endpoint.wrote(asked, answer);
  } catch (error) {
    writeError(response, error, aside);
    aside.breakOff();
    return;
  }
  const body = isWhole ? answer.body : thenEnding(answer.body, () => endpoint.wrote(asked, answer));
  writeReply(response, { ...answer, body }, aside);
}

/** The body, whose end is held until `last` has resolved. However the body ends, `last` is called once. */
function thenEnding(body: LiveBody, last: () => Promise<void>): LiveBody {
  return {
    ...body,
    subscribe(sink) {
      let isOpen = true;
      function finish(ended: () => void): void {
        last().then(
          () => isOpen && ended(),
          (error: unknown) => isOpen && sink.fail(error instanceof Error ? error : new Error(String(error))),
        );
      }
      const subscription = body.subscribe({
        write: (bytes) => sink.write(bytes),
        end: () => finish(() => sink.end()),
        fail: (error) => finish(() => sink.fail(error)),
      });
      return {
        resume: () => subscription.resume(),
        close() {
          if (!isOpen) return;
          isOpen = false;
          subscription.close();
          finish(() => {});
        },
      };
    },
  };
}
