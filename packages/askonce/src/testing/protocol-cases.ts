/** The cases of the contract of protocols. A title is the promise that its case asserts. */
import { type Form, forms, isStream, type Recording } from '../entry/entry.ts';
import { CanonicalText } from '../identity/canonical.ts';
import { isJsonObject, type JsonObject, parseJson } from '../json.ts';
import type { CanonicalWriter, Protocol, RequestLine } from '../protocol/contract.ts';
import type { Framing } from '../protocol/framing.ts';
import { StreamWatch } from '../protocol/stream-watch.ts';
import type { TestRunner } from './store-wanted.ts';

/** A request of the protocol, and answers to it. */
export interface ProtocolQuestion {
  readonly title: string;
  /** As the provider takes it. */
  readonly body: Readonly<Record<string, unknown>>;
  readonly route?: string | undefined;
  readonly query?: string | undefined;
  /** Complete answers that a provider gave to it, with a natural end, in as many forms as the protocol has. */
  readonly answers: readonly Recording[];
}

interface ProtocolCaseContext {
  readonly protocol: Protocol;
  readonly question: ProtocolQuestion;
  readonly expect: TestRunner['expect'];
}

interface ProtocolCase {
  readonly title: string;
  run(context: ProtocolCaseContext): void;
}

const error = {
  status: 502,
  code: 'provider_broke_off',
  message: 'The provider "broke"\noff; ask again.',
} as const;

export const protocolCases: readonly ProtocolCase[] = [
  {
    title: 'has a name of lower-case letters, digits and hyphens, and lower-case header names',
    run({ protocol, expect }) {
      expect(/^[a-z](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(protocol.name)).toBe(true);
      const { headers, recordedHeaders, requestIdHeader } = protocol;
      const names = [...Object.keys(headers), ...recordedHeaders, requestIdHeader];
      expect(names.filter((name) => name !== name.toLowerCase())).toEqual([]);
    },
  },
  {
    title: 'reads a request the same each time, and leaves its body as it was',
    run({ protocol, question, expect }) {
      const body = bodyOf(question);
      const before = JSON.stringify(body);
      const first = protocol.read(body, lineOf(question));
      const again = protocol.read(body, lineOf(question));
      expect({ ...again, framing: again.framing?.name }).toEqual({ ...first, framing: first.framing?.name });
      expect(JSON.stringify(body)).toBe(before);
    },
  },
  {
    title: 'writes content the same each time, with at most one semantic text',
    run({ protocol, question, expect }) {
      const body = bodyOf(question);
      const write = () => {
        let semantic = 0;
        const writer = newWriter(protocol);
        const counting: CanonicalWriter = {
          value: (value) => writer.value(value),
          verbatim: (value) => writer.verbatim(value),
          ordered: (value) => writer.ordered(value),
          object: (value, writers) => writer.object(value, writers),
          list: (values, each) => writer.list(values, each),
          text: (text) => writer.text(text),
          inlineMedia: (type, base64) => writer.inlineMedia(type, base64),
          mediaReference: (reference) => writer.mediaReference(reference),
          semanticText(text) {
            semantic++;
            return writer.semanticText(text);
          },
        };
        const texts = Object.entries(body).flatMap(([name, value]) =>
          protocol.fields[name]?.counts === 'content' && value !== undefined
            ? [protocol.writeContent(name, value, body, counting)]
            : [],
        );
        return { texts, semantic };
      };
      const written = write();
      expect(write()).toEqual(written);
      expect(written.semantic <= 1).toBe(true);
    },
  },
  {
    title: 'finds a natural end in each complete answer',
    run({ protocol, question, expect }) {
      const finishes = question.answers.map((answer) => protocol.assess(answer).finish);
      expect(finishes).toEqual(question.answers.map(() => 'natural'));
      expect(question.answers.filter((answer) => protocol.assess(answer).empty)).toEqual([]);
    },
  },
  {
    title: 'finds no natural end in an answer that was cut off anywhere',
    run({ protocol, question, expect }) {
      for (const answer of question.answers) {
        const meaning = lastMeaningful(answer);
        const cuts = Array.from({ length: 32 }, (_, index) => Math.floor((meaning * index) / 32));
        const natural = [...cuts, meaning].filter(
          (length) => protocol.assess(cutAt(answer, length)).finish === 'natural',
        );
        expect(natural, `${question.title}, ${answer.form}, cut at these bytes`).toEqual([]);
      }
    },
  },
  {
    title: 'finds the end mark, if it has one, once in each complete stream, which is complete there',
    run({ protocol, question, expect }) {
      const { hints } = protocol.endMark ?? { hints: ['none'] };
      expect(hints.length > 0 && !hints.includes('')).toBe(true);
      if (protocol.endMark === undefined) return;
      for (const answer of question.answers.filter(({ form }) => isStream(form))) {
        const each = new StreamWatch(protocol.framing, protocol);
        const bytes = answer.body.entries();
        for (const [at] of bytes) if (each.end === undefined) each.push(answer.body.subarray(at, at + 1));
        const end = each.end ?? (each.isEnding ? answer.body.length : undefined);
        const beyond = end === undefined ? answer.body : answer.body.subarray(end);
        expect(end !== undefined, `${question.title}, ${answer.form}, has an end mark`).toBe(true);
        expect(protocol.assess(cutAt(answer, end ?? 0)).finish).toBe('natural');
        expect(beyond.every((byte) => byte === 0x20 || byte === 0x0a || byte === 0x0d)).toBe(true);
      }
    },
  },
  {
    title: 'reads, assesses and judges any bytes without throwing',
    run({ protocol, expect }) {
      const throwing = foreign(protocol).filter((recording) => {
        try {
          protocol.assess(recording);
          const read = protocol.readAnswer(recording);
          if (read !== undefined) protocol.answerText?.(read);
          for (const status of [400, 401, 429, 500])
            protocol.errorKind?.({ status, headers: {}, body: recording.body });
          return false;
        } catch {
          return true;
        }
      });
      expect(throwing).toEqual([]);
    },
  },
  {
    title: 'takes no foreign bytes for an answer',
    run({ protocol, expect }) {
      const taken = foreign(protocol).filter((recording) => protocol.assess(recording).finish === 'natural');
      expect(taken.map(({ form, body }) => `${form} ${Buffer.from(body).toString('latin1')}`)).toEqual([]);
    },
  },
  {
    title: 'returns an answer in its own form as it is',
    run({ protocol, question, expect }) {
      for (const answer of question.answers)
        expect(protocol.convert(answer, answer.form) ?? answer).toBe(answer);
    },
  },
  {
    title: 'converts an answer to one that says the same, with the marks of its events, and back',
    run({ protocol, question, expect }) {
      for (const { answer, form } of turns(question)) {
        const other = protocol.convert(answer, form);
        expect(other?.form ?? form).toBe(form);
        if (other === undefined) continue;
        expect(other.events === undefined).toBe(!isStream(form));
        expect(saidBy(protocol, other)).toEqual(saidBy(protocol, answer));
        if (isStream(form)) expect(other.events?.ends).toEqual(marked(other, protocol.framing).events?.ends);
        const back = protocol.convert(other, answer.form);
        if (back !== undefined) expect(protocol.assess(back)).toEqual(protocol.assess(answer));
      }
    },
  },
  {
    title: 'lets no request follow a flight in a form that it cannot convert from',
    run({ protocol, question, expect }) {
      const inVain = turns(question).filter(
        ({ answer, form }) =>
          protocol.mayFollow(answer.form, form) && protocol.convert(answer, form) === undefined,
      );
      expect(inVain).toEqual([]);
    },
  },
  {
    title: 'writes an error as text, and as one event that fails the stream that it ends',
    run({ protocol, question, expect }) {
      expect(protocol.errorBody(error) === '').toBe(false);
      const { framing } = protocol;
      const event = protocol.errorEvent(error, framing);
      for (const answer of question.answers.filter(({ form }) => isStream(form))) {
        const [end = 0] = answer.events?.ends ?? [];
        const sent = answer.body.subarray(0, end);
        const ending = framing.ending();
        ending.push(sent);
        const body = Buffer.concat([sent, Buffer.from(ending.last(event) ?? '')]);
        const broken = marked({ ...answer, body }, framing);
        expect(framing.read(broken).length).toBe(2);
        expect(protocol.assess(broken).finish).toBe('failed');
      }
    },
  },
];

function bodyOf({ body }: ProtocolQuestion): JsonObject {
  const copy = parseJson(JSON.stringify(body));
  return isJsonObject(copy) ? copy : {};
}

function lineOf({ route = '/', query = '' }: ProtocolQuestion): RequestLine {
  return { route, query, header: () => undefined };
}

function newWriter({ schemaKeys }: Protocol): CanonicalText {
  return new CanonicalText({ hashAlgorithm: 'sha256', textHashThreshold: 256 }, (text) => text, schemaKeys);
}

/** Each answer with each form but its own. */
function turns({
  answers,
}: ProtocolQuestion): readonly { readonly answer: Recording; readonly form: Form }[] {
  return answers.flatMap((answer) =>
    forms.filter((form) => form !== answer.form).map((form) => ({ answer, form })),
  );
}

/** What a conversion must keep. Usage may be left out of a form that has none. */
function saidBy(protocol: Protocol, recording: Recording) {
  const { finish, finishReason, empty, toolCalls, model } = protocol.assess(recording);
  const answer = protocol.readAnswer(recording);
  const text = answer === undefined ? undefined : protocol.answerText?.(answer);
  return { finish, finishReason, empty, toolCalls, model, text };
}

/** The recording with the marks that its bytes have in this framing. */
function marked(recording: Recording, framing: Framing): Recording {
  if (!isStream(recording.form)) return recording;
  const cutter = framing.cutter();
  const ends = [...cutter.push(recording.body)];
  const last = cutter.finish();
  if (last !== undefined) ends.push(last);
  return { ...recording, events: { ends: Uint32Array.from(ends), at: new Uint32Array(ends.length) } };
}

/** The answer's first bytes, with the events that end in them. */
function cutAt(answer: Recording, length: number): Recording {
  const body = answer.body.subarray(0, length);
  if (answer.events === undefined) return { ...answer, body };
  const ends = answer.events.ends.filter((end) => end <= length);
  return { ...answer, body, events: { ends, at: answer.events.at.slice(0, ends.length) } };
}

/** How many bytes lie before the last one that is more than white space: without it the answer is incomplete. */
function lastMeaningful({ body }: Recording): number {
  return body.findLastIndex((byte) => byte !== 0x20 && byte !== 0x0a && byte !== 0x0d);
}

/** Bytes that are an answer of no protocol of models, in every form. */
function foreign({ framing }: Protocol): readonly Recording[] {
  const texts = ['', ' ', '{', '[]', 'null', '{}', '<html>', 'data: {}\n\n', '{"error":{"message":"no"}}'];
  const bodies = [...texts.map((text) => Buffer.from(text)), Buffer.of(0xff, 0xfe, 0, 1)];
  return bodies.flatMap((body) =>
    forms.map((form) => marked({ form, status: 200, headers: {}, body }, framing)),
  );
}
