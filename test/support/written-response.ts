/**
 * A response of another library, such as GraphQL Yoga's: its headers are listed in the case in which they were written.
 */
export class WrittenResponse extends Response {
  override readonly headers: Headers;

  constructor(body: string | null, fields: readonly (readonly [string, string])[], status = 200) {
    super(body, { status });
    const headers = new Headers(fields.map(([name, value]) => [name, value]));
    this.headers = Object.assign(headers, {
      [Symbol.iterator]: () => fields.map(([name, value]): [string, string] => [name, value]).values(),
    });
  }
}
