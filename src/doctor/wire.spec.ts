import { PassThrough } from 'node:stream';
import { SessionLog } from './session-log.js';
import { Wire } from './wire.js';

const wireOn = (stream: PassThrough): Wire =>
  new Wire(stream, new SessionLog({ username: undefined, password: undefined }));

describe('A wire', () => {
  it('keeps what came before anybody asked', async () => {
    const stream = new PassThrough();
    const wire = wireOn(stream);
    stream.write('220 mx.acme.test\r\n250 ok\r\n');
    expect(await wire.next(1_000)).toMatchObject({ kind: 'reply', reply: { code: 220 } });
    expect(await wire.next(1_000)).toMatchObject({ kind: 'reply', reply: { code: 250 } });
  });

  it('is cut where replies come that nobody asks for, and without an end', async () => {
    const stream = new PassThrough();
    const wire = wireOn(stream);
    stream.write('250 and more\r\n'.repeat(100_000));
    await wire.stirs(1_000);
    expect(stream.destroyed).toBe(true);
    let heard = 0;
    while ((await wire.next(1)).kind === 'reply') heard += 1;
    expect(heard).toBeLessThan(1_000);
    expect(await wire.next(1)).toMatchObject({ kind: 'malformed', received: '250 and more' });
  });
});
