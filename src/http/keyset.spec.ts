import { randomUUID } from 'node:crypto';
import { decodeCursor, pageOf, pageQuerySchema } from './keyset.js';

const rows = Array.from({ length: 3 }, (_, i) => ({
  at: new Date(`2026-01-0${i + 1}T10:00:00.123Z`),
  id: randomUUID(),
}));

const cursorOf = (...parts: string[]) => Buffer.from(JSON.stringify(parts)).toString('base64url');

describe('a page of a list', () => {
  it('ends with a cursor that leads to its last row, milliseconds and all', () => {
    const page = pageOf(
      rows,
      2,
      (row) => row,
      (row) => row.id,
    );
    expect(page.items).toEqual([rows[0]!.id, rows[1]!.id]);
    expect(decodeCursor(page.nextCursor!)).toEqual(rows[1]);
  });

  it('has no cursor when it is the last', () => {
    for (const limit of [3, 4])
      expect(
        pageOf(
          rows,
          limit,
          (row) => row,
          (row) => row,
        ).nextCursor,
      ).toBeNull();
    expect(
      pageOf(
        [],
        3,
        (row: { at: Date; id: string }) => row,
        (row) => row,
      ).nextCursor,
    ).toBeNull();
  });

  it.each([
    '',
    'x',
    cursorOf("2026-01-01'; drop table users", randomUUID()),
    cursorOf('2026-02-30T10:00:00.000Z', randomUUID()),
    cursorOf('2026-01-01T10:00:00.000Z', '1'),
    Buffer.from('{"__proto__":[]}').toString('base64url'),
    Buffer.from('[1,2]').toString('base64url'),
  ])('E19: does not begin at %j', (cursor) => {
    expect(() => decodeCursor(cursor)).toThrow(
      expect.objectContaining({ code: 'validation-failed' }),
    );
  });

  it.each(['0', '101', '1e9', '-1', 'all', '1.5'])('E19: has no %s items', (limit) => {
    expect(pageQuerySchema.safeParse({ limit }).success).toBe(false);
  });

  it('has twenty items where nothing is said', () => {
    expect(pageQuerySchema.parse({})).toEqual({ limit: 20 });
  });
});
