import { type Credentials, presentable } from './masking.js';

const MAX_LINES = 100;
const MAX_LINE_OCTETS = 512;

/** What was said in one attempt, for people: credentials masked, the message one line. */
export class Transcript {
  readonly #said: string[] = [];

  constructor(private readonly credentials: Credentials) {}

  /** Safe to store and to show. Made when asked for: nearly all are read once, at the end. */
  get lines(): string[] {
    const lines = this.#said.slice(0, MAX_LINES).map((line) => this.#presentable(line));
    return this.#said.length > MAX_LINES ? [...lines, '(the rest is left out)'] : lines;
  }

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

  /** What we made of it. */
  note(text: string): void {
    this.#said.push(`(${text})`);
  }

  #add(side: 'C' | 'S', text: string): void {
    if (this.#said.length > MAX_LINES) return;
    if (!text.includes('\n')) this.#said.push(`${side}: ${text}`);
    else for (const line of text.split(/\r?\n/)) this.#said.push(`${side}: ${line}`);
  }

  #presentable(line: string): string {
    const at = line.indexOf(' ') + 1;
    return line.slice(0, at) + presentable(line.slice(at), this.credentials, MAX_LINE_OCTETS);
  }
}
