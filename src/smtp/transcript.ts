import { type Credentials, presentable } from './masking.js';

const MAX_LINES = 100;
const MAX_LINE_OCTETS = 512;

/** What was said in one attempt, for people: credentials masked, the message one line. */
export class Transcript {
  readonly lines: string[] = [];

  constructor(private readonly credentials: Credentials) {}

  /** @param text one or several commands, without the last line end */
  client(text: string): void {
    this.#add('C', text);
  }

  /** An AUTH command or what follows it: only the method is kept. */
  clientSecret(text: string): void {
    const [method] = /^AUTH [\w-]+/i.exec(text) ?? [];
    this.#add('C', method === text ? method : `${method ?? ''} ***`.trim());
  }

  server(text: string): void {
    this.#add('S', text);
  }

  #add(side: 'C' | 'S', text: string): void {
    for (const line of text.split(/\r?\n/)) {
      if (this.lines.length > MAX_LINES) return;
      this.lines.push(
        this.lines.length === MAX_LINES
          ? '(the rest is left out)'
          : `${side}: ${presentable(line, this.credentials, MAX_LINE_OCTETS)}`,
      );
    }
  }
}
