import { Logger } from '@nestjs/common';
import { Commands, serveControlSocket } from '#command';
import { processSource } from '#settings';
import type { ValidConfiguration } from './configuration-or-exit.js';
import { judgedSettings } from './doctor-run.js';
import { type RunningServer, startServer } from './server.js';

const logger = new Logger('Start');

/** Runs the server until it is told to end (SIGTERM, SIGINT); while it starts, until it has. */
export async function serve({ settings, smtp }: ValidConfiguration): Promise<void> {
  const ending = firstSignal();
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

/** Later signals, for an impatient operator sends several, change nothing. */
function firstSignal(): Promise<NodeJS.Signals> {
  return new Promise((resolve) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => resolve(signal));
  });
}
