import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type INestApplicationContext, Logger } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { NestExpressApplication } from '@nestjs/platform-express';
import type { JudgedSettings } from '#doctor';
import { configureEdge, EndingConnections } from '#http';
import type { SmtpSettings } from '#mailer-config';
import type { Settings } from '#settings';
import { FirstAdmin } from '#user';
import { freePort } from './free-port.js';
import { GatepostModule } from './gatepost.module.js';
import { type Ground, prepareGround } from './ground.js';
import { CanNotListen } from './listen.errors.js';
import { loggingParams, nestLogger } from './logging.js';
import { serveOpenApi } from './openapi.js';

/** A server that listens and delivers, until it is closed. */
export interface RunningServer {
  app: INestApplicationContext;
  ground: Ground;
  /** Where HTTP answers; undefined in the role `worker`. */
  url: string | undefined;
  close(): Promise<void>;
}

const logger = new Logger('Start');

/**
 * Starts everything the role of this process needs, and says what it does meanwhile.
 *
 * @param judged what the doctor says of the settings, for the reports of this server
 * @throws {CanNotListen} where HTTP can't be served
 */
export async function startServer(
  configured: Settings,
  smtp: SmtpSettings | undefined,
  judged?: JudgedSettings,
): Promise<RunningServer> {
  const settings = await withPort(configured);
  const logging = loggingParams(settings);
  const log = nestLogger(logging);
  Logger.overrideLogger(log);
  const ground = { ...(await prepareGround(settings, smtp, logging)), judged };
  const module = GatepostModule.forRoot(ground, settings.role);

  if (settings.role === 'worker') {
    const app = await NestFactory.createApplicationContext(module, { logger: log });
    logger.log('Delivering mail. This process answers no HTTP (ROLE=worker).');
    const close = async () => {
      await app.close();
      await ground.inbox?.server.stop();
    };
    return { app, ground, url: undefined, close };
  }

  const app = await NestFactory.create<NestExpressApplication>(module, {
    logger: log,
    bodyParser: false,
    abortOnError: false,
  });
  try {
    configureEdge(app, settings, () => ground.connection.storage === 'enough');
    serveOpenApi(app, settings.appName);
    // The SMTP accounts are known from here on: whether a mail can be sent at all depends on them.
    await app.init();
    await app.get(FirstAdmin).ensure();
    await app.listen(settings.port, settings.httpHost).catch(canNotListen(settings));
  } catch (error) {
    // The worker and the database are under way already, and would keep the process alive.
    await app.close();
    throw error;
  }
  const url = addressOf(app.getHttpServer() as Server);
  const close = async () => {
    // First of all, for the mails in hand may take a while, and HTTP is served meanwhile.
    app.get(EndingConnections, { strict: false }).begin();
    await app.close();
  };
  return { app, ground, url, close };
}

const canNotListen = (settings: Settings) => (error: NodeJS.ErrnoException) => {
  throw new CanNotListen(settings, error);
};

/** `PORT=0` is settled before anything else: the default of the links in mails contains it. */
async function withPort(settings: Settings): Promise<Settings> {
  if (settings.port !== 0) return settings;
  const port = await freePort(settings.httpHost).catch(canNotListen(settings));
  const { adminWebUrl } = settings;
  return {
    ...settings,
    port,
    adminWebUrl: adminWebUrl === 'http://localhost:0' ? `http://localhost:${port}` : adminWebUrl,
  };
}

function addressOf(server: Server): string {
  const { address, port } = server.address() as AddressInfo;
  const everywhere = address === '0.0.0.0' || address === '::';
  const host = everywhere || address === '127.0.0.1' ? 'localhost' : address;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}
