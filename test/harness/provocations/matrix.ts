import { examined, fixed, Laboratory, sent } from '../doctor.js';
import type { Provocation } from './provocation.js';

interface Row {
  readonly cause: string;
  readonly how: string;
  readonly found: string;
  readonly fix: string;
  readonly ms: number;
}

/** Provoked causes as a table: what was provoked and how, what was found, how far the fix is proven. */
export class Matrix {
  readonly #rows: Row[] = [];

  constructor(private readonly title: string) {}

  /**
   * The first finding is the cause, and a fix that is said to be verified makes a mail go out.
   */
  async provoke({ cause, how, setUp, fix, unsendable, warning, also }: Provocation): Promise<void> {
    await using lab = new Laboratory();
    const given = await setUp(lab);
    const report = await examined(given);
    const [first] = report.findings;
    const isProven = first?.fix.applicability === 'verified';
    const changes = [
      ...Object.entries(first?.fix.set ?? {}).map(([name, value]) => `${name}=${value}`),
      ...(first?.fix.unset ?? []).map((name) => `unset ${name}`),
    ];
    this.#rows.push({
      cause,
      how,
      found: first?.code ?? 'nothing',
      fix: isProven ? `verified: ${changes.join(' ')}` : (first?.fix.applicability ?? '-'),
      ms: report.durationMs,
    });
    expect([first?.code, first?.severity, first && isProven ? 'verified' : 'unproven']).toEqual([
      cause,
      warning ? 'warning' : 'error',
      fix,
    ]);
    expect(report.durationMs).toBeLessThan(20_000);
    also?.(report);
    if (!isProven || unsendable) return;
    const healed = fixed(given.env, first.fix);
    expect((await examined({ ...given, env: healed })).ok).toBe(true);
    const { outcome, sentence } = await sent(healed);
    expect([outcome, sentence]).toEqual(['accepted', expect.anything()]);
  }

  print(): void {
    const width = (column: keyof Row): number =>
      Math.max(...this.#rows.map((row) => String(row[column]).length));
    const lines = this.#rows.map((row) =>
      [
        row.found === row.cause ? ' ' : '!',
        row.cause.padEnd(width('cause')),
        row.how.padEnd(width('how')),
        row.found.padEnd(width('found')),
        row.fix.padEnd(width('fix')),
        `${row.ms} ms`.padStart(8),
      ].join('  '),
    );
    const times = this.#rows.map(({ ms }) => ms).sort((a, b) => a - b);
    const median = times[Math.floor(times.length / 2)] ?? 0;
    const right = this.#rows.filter(({ cause, found }) => cause === found).length;
    process.stdout.write(
      `\n${this.title}: ${right} of ${this.#rows.length} right, median ${median} ms\n${lines.join('\n')}\n`,
    );
  }
}
