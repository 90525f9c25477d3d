import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { matrixTable, SERVERS } from '../harness/peers/matrix.js';

describe('the table in the README', () => {
  it('is the matrix', () => {
    const readme = readFileSync(join(import.meta.dirname, '..', '..', 'README.md'), 'utf8');
    const [, table] = /<!-- peers:begin -->\n\n([^]*?)\n\n<!-- peers:end -->/.exec(readme) ?? [];
    expect(table).toBe(matrixTable());
  });

  it.each(SERVERS)('is run against %s', (server) => {
    const spec = readFileSync(join(import.meta.dirname, `${server.toLowerCase()}.spec.ts`), 'utf8');
    expect(spec).toContain(`it.each(casesOf('${server}'))`);
  });
});
