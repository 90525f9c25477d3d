import { InboxStore } from './inbox-store.service.js';

const content = (to: string, text = '') => ({
  from: 'a@b.test',
  to,
  subject: `For ${to}`,
  text,
  html: null,
  headers: {},
  code: null,
  links: [],
});
const put = (store: InboxStore, to: string, text?: string) =>
  store.add(content(to, text), [to], Buffer.from(`raw of ${to}`));
const everything = { limit: 100 };
const never = new AbortController().signal;

describe('what is kept', () => {
  it('is the newest mails, up to a number', () => {
    const store = new InboxStore({ mails: 3, bytes: 1e6 });
    for (const name of ['a', 'b', 'c', 'd']) put(store, name);
    expect(store.page(everything).items.map(({ to }) => to)).toEqual(['d', 'c', 'b']);
  });

  it('is the newest mails, up to an amount of memory, and always the last one', () => {
    const store = new InboxStore({ mails: 500, bytes: 1000 });
    put(store, 'a', 'x'.repeat(300));
    put(store, 'b', 'x'.repeat(300));
    expect(store.page(everything).items.map(({ to }) => to)).toEqual(['b']);
    put(store, 'c', 'x'.repeat(5000));
    expect(store.page(everything).items.map(({ to }) => to)).toEqual(['c']);
  });

  it('has a time of its own for each mail, even within one millisecond', () => {
    const store = new InboxStore(undefined, () => 1000);
    expect([put(store, 'a'), put(store, 'b')].map(({ receivedAt }) => receivedAt)).toEqual([
      '1970-01-01T00:00:01.000Z',
      '1970-01-01T00:00:01.001Z',
    ]);
  });
});

describe('a page', () => {
  it('goes on where the one before ended, whatever arrives meanwhile', () => {
    const store = new InboxStore();
    for (const name of ['a', 'b', 'c', 'd', 'e']) put(store, name);
    const first = store.page({ limit: 2 });
    put(store, 'f');
    const second = store.page({ limit: 2, cursor: first.nextCursor ?? '' });
    const third = store.page({ limit: 2, cursor: second.nextCursor ?? '' });
    expect([first, second, third].map(({ items }) => items.map(({ to }) => to))).toEqual([
      ['e', 'd'],
      ['c', 'b'],
      ['a'],
    ]);
    expect(third.nextCursor).toBeNull();
  });

  it('has no next one when it ends exactly at the oldest', () => {
    const store = new InboxStore();
    put(store, 'a');
    put(store, 'b');
    expect(store.page({ limit: 2 }).nextCursor).toBeNull();
  });

  it('filters by a part of the recipient', () => {
    const store = new InboxStore();
    put(store, 'Ada@example.com');
    put(store, 'lin@example.com');
    expect(store.page({ ...everything, to: 'ADA@' }).items).toHaveLength(1);
  });
});

describe('waiting', () => {
  const ada = { to: 'ada@example.com', timeoutMs: 5000 };

  it('answers with a mail that is there, the newest one', async () => {
    const store = new InboxStore();
    put(store, 'ada@example.com');
    const newest = put(store, 'Ada@Example.com');
    put(store, 'lin@example.com');
    await expect(store.wait(ada, never)).resolves.toBe(newest);
  });

  it('answers as soon as a mail arrives, and only to its recipient', async () => {
    const store = new InboxStore();
    const waiting = store.wait(ada, never);
    put(store, 'xada@example.com');
    const item = put(store, 'ada@example.com');
    await expect(waiting).resolves.toBe(item);
  });

  it('takes the first mail after a time, so that the time of one leads to the next', async () => {
    const store = new InboxStore(undefined, () => 1000);
    const [first, second] = [put(store, ada.to), put(store, ada.to), put(store, ada.to)];
    const since = first?.receivedAt ?? '';
    await expect(store.wait({ ...ada, since }, never)).resolves.toBe(second);
  });

  it.each([
    ['the time is over', (_store: InboxStore, _abort: AbortController) => {}],
    ['the client is gone', (_store: InboxStore, abort: AbortController) => abort.abort()],
    ['the server ends', (store: InboxStore) => store.close()],
  ])('ends with nothing when %s', async (_why, happen) => {
    const store = new InboxStore();
    const abort = new AbortController();
    const waiting = store.wait({ ...ada, timeoutMs: 20 }, abort.signal);
    happen(store, abort);
    await expect(waiting).resolves.toBeUndefined();
  });

  it('does not wait at all with a time of 0', async () => {
    await expect(new InboxStore().wait({ timeoutMs: 0 }, never)).resolves.toBeUndefined();
  });
});

it('tells watchers what happens until they leave', () => {
  const store = new InboxStore();
  const seen: string[] = [];
  const leave = store.watch({
    arrived: ({ to }) => seen.push(to),
    cleared: () => seen.push('cleared'),
    closed: () => seen.push('closed'),
  });
  put(store, 'a');
  store.clear();
  expect(store.page(everything).items).toEqual([]);
  leave();
  put(store, 'b');
  expect(seen).toEqual(['a', 'cleared']);
});
