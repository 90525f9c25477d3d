// Ours without a database: the same mails rendered, composed and sent by the same transport, and
// claimed from and settled in nothing. What durability costs is measured against it.
import { randomUUID } from 'node:crypto';
import { openTransport } from '../application.mjs';
import { inFlight } from '../in-flight.mjs';
import { addressOf, resetRenderer } from '../mails.mjs';

export function start({ port, connections, atOnce }) {
  const transport = openTransport({ port, connections });
  const render = resetRenderer();
  return {
    run: (amount) =>
      inFlight(atOnce, amount, async (i) => {
        const { language: locale, ...content } = render(i);
        await transport.send({
          ...content,
          locale,
          to: addressOf(i),
          messageId: `<${randomUUID()}@app.bench.gatepost.dev>`,
          date: new Date(),
        });
      }),
    stop: () => transport.close(),
  };
}
