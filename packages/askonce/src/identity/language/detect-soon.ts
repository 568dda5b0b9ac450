/**
 * Detects languages while the provider makes the answers: without delaying the requests, a few in each turn of the
 * event loop.
 *
 * An answer needs the language of its question only when it is stored, and an invalidation only when it compares the
 * two. Either detects it by itself if it comes first, so nothing ever sees an entry whose language is still unknown,
 * and the queue may drop whatever it has no room for.
 */

/** A question whose language is detected once, by the first that asks for it. */
interface Question {
  detectedLanguage(): string;
}

const mostWaiting = 1_024;
/** About a millisecond of the event loop. */
const mostInTurn = 32;

export function detectingSoon(): (question: Question) => void {
  const waiting: Question[] = [];
  let isScheduled = false;

  function schedule(): void {
    if (isScheduled) return;
    isScheduled = true;
    setImmediate(detectSome);
  }

  function detectSome(): void {
    isScheduled = false;
    const now = waiting.splice(0, mostInTurn);
    if (waiting.length > 0) schedule();
    for (const question of now) question.detectedLanguage();
  }

  return (question) => {
    if (waiting.length >= mostWaiting) return;
    waiting.push(question);
    schedule();
  };
}
