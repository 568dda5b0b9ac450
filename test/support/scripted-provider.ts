/**
 * A provider whose answers the test sets, question by question.
 */
import {
  answerOf,
  type ProviderRecording,
  type RecordedAnswer,
  startRecordedProvider,
} from 'askonce/testing';

export interface ScriptedProvider {
  readonly url: string;
  /** How many requests have come. */
  readonly calls: number;
  /** A new question, which is answered with the recording. */
  questionFor(
    recording: Pick<ProviderRecording, 'body' | 'form'>,
    how?: Omit<RecordedAnswer, 'body'>,
  ): string;
  /** Answers the question differently from now on. */
  changeAnswer(
    text: string,
    recording: Pick<ProviderRecording, 'body' | 'form'>,
    how?: Omit<RecordedAnswer, 'body'>,
  ): void;
  close(): Promise<void>;
}

const numbered = /Question no\. (\d+)/;

export async function startScriptedProvider(): Promise<ScriptedProvider> {
  const answers = new Map<string, RecordedAnswer>();
  let asked = 0;
  const provider = await startRecordedProvider({
    answer({ body }) {
      const answer = answers.get(numbered.exec(body.toString('utf8'))?.[1] ?? '');
      if (answer === undefined) throw new Error('there is no answer to this question');
      return answer;
    },
  });
  return {
    url: provider.url,
    get calls() {
      return provider.calls;
    },
    questionFor(recording, how) {
      asked += 1;
      answers.set(String(asked), answerOf(recording, how));
      return `Question no. ${asked}`;
    },
    changeAnswer(text, recording, how) {
      answers.set(numbered.exec(text)?.[1] ?? '', answerOf(recording, how));
    },
    close: provider.close,
  };
}
