import { type Credentials, presentable } from '#smtp';
import type { TranscriptLine } from './report.js';

const MAX_LINES = 200;
const MAX_LINE_OCTETS = 512;

/** What was said on every connection of a walk, for people: masked, escaped, bounded. */
export class SessionLog {
  readonly lines: TranscriptLine[] = [];
  readonly #began = performance.now();

  constructor(private readonly credentials: Credentials) {}

  client(text: string): void {
    this.#add('C', text);
  }

  server(text: string): void {
    this.#add('S', text);
  }

  /** What a server said, as it can be shown in a sentence or as evidence. */
  shown(text: string, octets = 300): string {
    return presentable(text, this.credentials, octets);
  }

  #add(dir: 'C' | 'S', text: string): void {
    const t = Math.round(performance.now() - this.#began);
    for (const line of text.split(/\r?\n/)) {
      if (this.lines.length > MAX_LINES) return;
      const isLast = this.lines.length === MAX_LINES;
      const shown = isLast ? '(the rest is left out)' : this.shown(line, MAX_LINE_OCTETS);
      this.lines.push({ t, dir, line: shown });
    }
  }
}
