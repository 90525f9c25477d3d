import {
  type DynamicModule,
  Module,
  type OnApplicationShutdown,
  type OnModuleDestroy,
} from '@nestjs/common';
import { INBOX_APP_NAME, InboxPageController } from './inbox-page.controller.js';
import { InboxController } from './inbox.controller.js';
import { InboxServer } from './inbox-server.service.js';
import { InboxStore } from './inbox-store.service.js';

export interface InboxOptions {
  /** Started already or still to be started by whoever made it; the module stops it. */
  readonly server: InboxServer;
  /** The one that the server fills. */
  readonly store: InboxStore;
  readonly appName: string;
}

/**
 * The built-in development inbox over HTTP. The server is made before the application, because the
 * port it gets is part of the settings of the mail account:
 *
 *     const store = new InboxStore();
 *     const server = new InboxServer(store);
 *     const { host, port } = await server.start();
 *     … InboxModule.forRoot({ server, store, appName })
 */
@Module({})
export class InboxModule implements OnModuleDestroy, OnApplicationShutdown {
  constructor(
    private readonly server: InboxServer,
    private readonly store: InboxStore,
  ) {}

  static forRoot({ server, store, appName }: InboxOptions): DynamicModule {
    return {
      module: InboxModule,
      controllers: [InboxPageController, InboxController],
      providers: [
        { provide: InboxServer, useValue: server },
        { provide: InboxStore, useValue: store },
        { provide: INBOX_APP_NAME, useValue: appName },
      ],
      exports: [InboxServer, InboxStore],
    };
  }

  /** Before the HTTP server waits for its open connections. */
  onModuleDestroy(): void {
    this.store.close();
  }

  /** After everything that may still be handing over a mail. */
  onApplicationShutdown(): Promise<void> {
    return this.server.stop();
  }
}
