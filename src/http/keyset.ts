import { z } from 'zod';
import { Problem } from './problem.errors.js';

/** Where a page ends: the time and the id of its last row. */
export interface Position {
  /** Milliseconds are enough: our columns have no finer ones. */
  readonly at: Date;
  readonly id: string;
}

/** Where a page ends in a list with an order of its own: whatever it is sorted by. */
export type Place = readonly (string | number)[];

/** One page of a list; `nextCursor` is null on the last one. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
}

/** Extend it with the filters of a list: `z.strictObject({ ...pageQuery, status: … })`. */
export const pageQuery = {
  limit: z.coerce.number().int().min(1).max(100).default(20).describe('Items a page, 1 to 100'),
  cursor: z
    .string()
    .max(200)
    .optional()
    .describe('`nextCursor` of the page before; leave it out for the first page'),
};

/** `?limit=&cursor=` of a list without filters. */
export const pageQuerySchema = z.strictObject(pageQuery);

/** For OpenAPI. */
export const pageSchema = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), nextCursor: z.string().nullable() });

const positionSchema = z
  .tuple([z.iso.datetime(), z.uuid()])
  .transform(([at, id]): Position => ({ at: new Date(at), id }));

/** @throws {Problem} `validation-failed` where no page ever gave this cursor */
export const decodeCursor = (cursor: string | undefined): Position | undefined =>
  decodeCursorOf(positionSchema, cursor);

/**
 * The cursor of a list with an order of its own.
 *
 * @throws {Problem} `validation-failed` where no page ever gave this cursor
 */
export function decodeCursorOf<T>(schema: z.ZodType<T>, cursor: string | undefined): T | undefined {
  if (cursor === undefined) return undefined;
  const position = schema.safeParse(parse(Buffer.from(cursor, 'base64url').toString()));
  if (position.success) return position.data;
  throw new Problem('validation-failed', 'Take the cursor from the page before.', {
    errors: [{ field: 'cursor', message: 'This is not the cursor of a page.' }],
  });
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const encodeCursor = (position: Position | Place): string =>
  Buffer.from(
    JSON.stringify('id' in position ? [position.at.toISOString(), position.id] : position),
  ).toString('base64url');

/**
 * Makes a page of rows that were read with `limit + 1`: the extra row is how one knows that
 * there is another page.
 */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  position: (row: Row) => Position | Place,
  item: (row: Row) => Item,
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = rows.length > limit ? shown.at(-1) : undefined;
  return { items: shown.map(item), nextCursor: last ? encodeCursor(position(last)) : null };
}
