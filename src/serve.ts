import { Logger } from '@nestjs/common';
import { Commands, serveControlSocket } from '#command';
import { processSource } from '#settings';
import type { ValidConfiguration } from './configuration-or-exit.js';
import { judgedSettings } from './doctor-run.js';
import { firstSignal } from './early-end.js';
import { type RunningServer, startServer } from './server.js';

/**
 * Milliseconds from the signal to the end, whatever hangs: less than the half minute that
 * Kubernetes gives before it kills, and more than the mails in hand are waited for.
 */
const LAST_DEADLINE = 28_000;

const logger = new Logger('Start');

/** Runs the server until it is told to end (SIGTERM, SIGINT); while it starts, until it has. */
export async function serve({ settings, smtp }: ValidConfiguration): Promise<void> {
  // What can't be said, as on a full disk, ends nothing.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  const ending = firstSignal();
  void ending.then(endAtLast);
  const server = await startServer(settings, smtp, judgedSettings(processSource()));
  try {
    const control = settings.databaseUrl
      ? undefined
      : await serveControlSocket(settings.dataDir, (command) =>
          server.app.get(Commands, { strict: false }).run(command),
        );
    for (const line of addresses(server)) logger.log(line);
    const signal = await ending;
    logger.log(`${signal}: finishing what is under way…`);
    await control?.close();
  } finally {
    await server.close();
  }
  logger.log('Ended.');
}

function addresses({ url, ground }: RunningServer): string[] {
  if (!url) return [];
  return [
    `API     ${url}`,
    `Docs    ${url}/docs`,
    ground.inbox ? `Inbox   ${url}/inbox` : `Health  ${url}/health/ready`,
  ];
}

/** What is left then is left as after `kill -9`: nothing of it is lost. */
function endAtLast(signal: NodeJS.Signals): void {
  setTimeout(() => {
    const open = Object.entries(Object.groupBy(process.getActiveResourcesInfo(), (name) => name));
    const left = open.map(([name, all]) => `${all?.length} ${name}`).join(', ');
    logger.warn(
      `Not everything has ended ${LAST_DEADLINE / 1_000} s after ${signal} (still open: ${left}). ` +
        'Ending all the same: what was in hand is taken up again by the next start.',
    );
    process.exit(0);
  }, LAST_DEADLINE).unref();
}
