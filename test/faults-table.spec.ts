import { readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const [, table = ''] = /<!-- faults:begin -->\n\n([^]*?)\n\n<!-- faults:end -->/.exec(readme) ?? [];
const rows = [...table.matchAll(/^\| ([AG]\d\d) \| [^|]+ \| ([^|]+) \|$/gm)].map(
  ([, id = '', cell = '']) => ({ id, cell }),
);
const tested = rows.flatMap(({ id, cell }) =>
  [...cell.matchAll(/`([\w/.-]+\.spec\.ts)`/g)].map(([, file = '']) => ({ id, file })),
);

const ids = (group: 'A' | 'G', last: number) =>
  Array.from({ length: last }, (_, i) => `${group}${String(i + 1).padStart(2, '0')}`);

/** Ids in the strings of a file; `A04–A16` stands for all of them. */
function idsIn(file: string): Set<string> {
  const text = readFileSync(join(root, file), 'utf8');
  const found = text.matchAll(/\b([AG])(\d\d)(?:–[AG](\d\d))?(?=[^'"`\n]*['"`])/g);
  return new Set(
    [...found].flatMap(([, group, first, last]) => {
      const from = Number(first);
      const count = Number(last ?? first) - from + 1;
      return Array.from(
        { length: count },
        (_, i) => `${group}${String(from + i).padStart(2, '0')}`,
      );
    }),
  );
}

describe('the table of faults in the README', () => {
  it('has every row, once and in order', () => {
    expect(rows.map(({ id }) => id)).toEqual([...ids('A', 48), ...ids('G', 17)]);
  });

  it('has a test or a reason for each row', () => {
    const without = rows.filter(({ id }) => !tested.some((row) => row.id === id));
    expect(without.filter(({ cell }) => !/^Out of (scope|`npm test`)/.test(cell))).toEqual([]);
  });

  it.each(tested)('$id is in the title of a test in $file', ({ id, file }) => {
    expect([...idsIn(file)]).toContain(id);
  });
});
