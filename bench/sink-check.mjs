// Does the sink count right? A conversation is fed to it in every segmentation that could matter:
// whole, cut once at each octet, octet by octet, and at random. Runs before every benchmark.
import { strict as assert } from 'node:assert';
import { randomInt } from 'node:crypto';
import { SinkSession } from './sink-session.mjs';

const bodies = [
  'Subject: a\r\n\r\nplain\r\n',
  // Nothing of this is a final dot.
  'Subject: b\r\n\r\n..\r\n.x\r\n\r\n\r.\r\n\n.\r\n. \r\n',
  '',
];
const chunk = 'Subject: c\r\n\r\n.\r\nQUIT\r\nno end of a chunk\r\n.\r\n';
const envelope = (who) => `MAIL FROM:<a@example.com>\r\nRCPT TO:<${who}@example.com>\r\n`;

const conversation = Buffer.from(
  [
    'EHLO bench\r\n',
    ...bodies.map((body, i) => `${envelope(`data${i}`)}DATA\r\n${body}.\r\n`),
    `${envelope('one')}BDAT ${chunk.length} LAST\r\n${chunk}`,
    `${envelope('two')}BDAT ${chunk.length}\r\n${chunk}BDAT ${chunk.length} last\r\n${chunk}`,
    `${envelope('end')}BDAT ${chunk.length}\r\n${chunk}BDAT 0 LAST\r\n`,
    `${envelope('last')}DATA\r\n${bodies[0]}.\r\n`,
    'QUIT\r\n',
  ].join(''),
  'latin1',
);

const expected = [
  ...bodies.map((body, i) => [body.length, `data${i}@example.com`]),
  [chunk.length, 'one@example.com'],
  [2 * chunk.length, 'two@example.com'],
  [chunk.length, 'end@example.com'],
  [bodies[0].length, 'last@example.com'],
];

function feed(cuts, isBusy) {
  const mails = [];
  let replies = '';
  const session = new SinkSession({
    capabilities: ['PIPELINING'],
    taken: () => mails.length,
    onStartTls: () => {},
    onMail(octets, recipient) {
      mails.push([octets, recipient]);
      return isBusy;
    },
  });
  const ends = [...cuts, conversation.length];
  let from = 0;
  for (const to of ends) {
    replies += session.take(conversation.subarray(from, to));
    from = to;
  }
  // A server that is busy with each mail for longer than it takes to send them all.
  if (isBusy) for (let done = 0; done < mails.length; done += 1) replies += session.go();
  return { mails, codes: replies.match(/^\d{3}(?= )/gm) };
}

export function checkSink() {
  const whole = feed([]);
  assert.deepEqual(whole.mails, expected);
  const all = conversation.length;
  const segmentations = [
    Array.from({ length: all - 1 }, (_, i) => i + 1),
    ...Array.from({ length: all - 1 }, (_, i) => [i + 1]),
    ...Array.from({ length: 500 }, () =>
      Array.from({ length: randomInt(1, 40) }, () => randomInt(1, all)).sort((a, b) => a - b),
    ),
  ];
  for (const cuts of segmentations)
    for (const isBusy of [false, true])
      assert.deepEqual(feed(cuts, isBusy), whole, `cut at ${cuts.join(', ')}`);
}

if (import.meta.main) {
  checkSink();
  console.log('The sink counts right.');
}
